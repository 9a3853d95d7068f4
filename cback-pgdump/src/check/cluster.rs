//! A cluster's own part: roles, memberships, tablespaces; and what to run of it in an empty server.
//!
//! Not all of it can be run there. The role that initdb made is there already; from 16 on it has to
//! have the source's name, since it stands in GRANTED BY and no other can grant so. A tablespace has
//! to lie inside the server's own directory: run as it is, `CREATE TABLESPACE` would write
//! into the directory of the server that was dumped.

use super::fingerprint::{Entry, Key};
use super::needs::{OVERHEAD, insert};
use super::token::{Token, Tokens};
use std::collections::{BTreeMap, BTreeSet};

/// The statements of that part.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    /// As they come; once they have been sorted out, without what an empty server has.
    pub(crate) statements: Vec<Vec<u8>>,
    superusers: BTreeSet<Vec<u8>>,
    /// How many memberships each has granted.
    grantors: BTreeMap<Vec<u8>, u64>,
    /// Bytes of memory that all this takes, about.
    pub(crate) held: usize,
}

impl Cluster {
    /// Takes the next statement.
    pub(crate) fn record(&mut self, statement: &[u8]) {
        let tokens: Vec<_> = Tokens::new(statement).collect();
        if let Some(role) = role(&tokens)
            && tokens.iter().any(|token| token.is("SUPERUSER"))
        {
            self.held += insert(&mut self.superusers, role);
        }
        if let [.., granted, by, grantor, Token::Symbol(b';')] = &tokens[..]
            && granted.is("GRANTED")
            && by.is("BY")
        {
            let name = grantor.name().unwrap_or_default();
            let number = self.grantors.entry(name.to_vec()).or_insert_with(|| {
                self.held += name.len() + OVERHEAD;
                0
            });
            *number += 1;
        }
        self.held += statement.len() + OVERHEAD / 2;
        self.statements.push(statement.to_vec());
    }

    /// Changes the statements into those that an empty server needs; returns their entries, by headings.
    pub(crate) fn sort_out(&mut self, key: Key) -> BTreeMap<&'static str, Entry> {
        let superuser = self.superuser();
        let mut entries = BTreeMap::<_, Entry>::new();
        self.statements.retain_mut(|statement| {
            let tokens: Vec<_> = Tokens::new(statement).collect();
            if superuser.is_some() && is_initdbs(&tokens, superuser.as_deref()) {
                return false;
            }
            // A restore changes the superuser's own statements, see above: so none is counted.
            let is_superusers = superuser.is_some() && role(&tokens) == superuser.as_deref();
            if let Some(heading) = heading(&tokens).filter(|_| !is_superusers) {
                let entry = Entry {
                    rows: 1,
                    bytes: statement.len() as u64,
                    fingerprint: fingerprint_of(&tokens, key),
                };
                entries.entry(heading).or_default().add(entry);
            }
            if let Some(changed) = with_empty_location(statement) {
                *statement = changed;
            }
            true
        });
        entries
    }

    /// The role that initdb made, which the dump does not tell: the superuser that most memberships were
    /// granted by, else postgres, else any superuser.
    pub(crate) fn superuser(&self) -> Option<Vec<u8>> {
        let granted = |role: &&Vec<u8>| self.grantors.get(*role).copied().unwrap_or(0);
        let most = self.superusers.iter().max_by_key(granted)?;
        let postgres = b"postgres".to_vec();
        if granted(&most) == 0 && self.superusers.contains(&postgres) {
            return Some(postgres);
        }
        Some(most.clone())
    }
}

/// The role that the statement creates, if it does that.
pub(crate) fn created_role(statement: &[u8]) -> Option<Vec<u8>> {
    let tokens: Vec<_> = Tokens::new(statement).collect();
    let role = role(&tokens)?.to_vec();
    tokens[0].is("CREATE").then_some(role)
}

/// The role that `CREATE ROLE` or `ALTER ROLE` is about.
fn role<'a>(tokens: &'a [Token<'_>]) -> Option<&'a [u8]> {
    let [verb, noun, name, ..] = tokens else {
        return None;
    };
    let is_about = (verb.is("CREATE") || verb.is("ALTER") || verb.is("DROP")) && noun.is("ROLE");
    is_about.then(|| name.name())?
}

/// Whether the statement is about the role that initdb made, and creates it or would keep it from logging
/// in.
fn is_initdbs(tokens: &[Token<'_>], superuser: Option<&[u8]>) -> bool {
    if role(tokens) != superuser {
        return false;
    }
    let shuts_out = |token: &Token<'_>| ["NOLOGIN", "LIMIT", "VALID"].iter().any(|it| token.is(it));
    !tokens[0].is("ALTER") || tokens.iter().any(shuts_out)
}

/// `pg_dumpall` does not write `ALTER ROLE ALL`: so it is not counted.
fn heading(tokens: &[Token<'_>]) -> Option<&'static str> {
    let [verb, noun, name, ..] = tokens else {
        return None;
    };
    if name.is("ALL") {
        None
    } else if noun.is("TABLESPACE") || tokens.get(3)?.is("TABLESPACE") {
        Some("tablespaces")
    } else if verb.is("GRANT") {
        Some("memberships")
    } else if noun.is("ROLE") {
        Some("roles")
    } else {
        None
    }
}

/// The same whatever the white space and quotes, and without a tablespace's LOCATION.
fn fingerprint_of(tokens: &[Token<'_>], key: Key) -> u64 {
    let mut words = Vec::new();
    for pair in tokens.windows(2) {
        if pair[0].is("LOCATION") {
            continue;
        }
        let (kind, text): (u8, &[u8]) = match &pair[1] {
            Token::Word(word) => (b'n', word),
            Token::Name(name) => (b'n', name),
            Token::Text(text) => (b't', text),
            Token::Symbol(byte) => (b's', std::slice::from_ref(byte)),
        };
        words.push(kind);
        words.extend((text.len() as u64).to_le_bytes());
        words.extend_from_slice(text);
    }
    key.row(&words)
}

/// The statement with LOCATION emptied, if it creates a tablespace.
fn with_empty_location(statement: &[u8]) -> Option<Vec<u8>> {
    let mut tokens = Tokens::new(statement);
    tokens.after(&["CREATE", "TABLESPACE"])?;
    while !tokens.next()?.is("LOCATION") {}
    let (_, place) = tokens.next_with_place()?;
    let set = b"SET allow_in_place_tablespaces = on;\n";
    let (before, after) = (&statement[..place.start], &statement[place.end..]);
    Some([set, before, b"''", after].concat())
}
