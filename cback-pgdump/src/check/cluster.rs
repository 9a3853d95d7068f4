//! A cluster's own part: roles, memberships, tablespaces.

use super::fingerprint::{Entry, Key};
use super::needs::OVERHEAD;
use super::outline::note;
use super::statements::client_encoding;
use super::token::{Token, Tokens};
use memchr::memmem;
use std::collections::BTreeMap;

/// The statements of that part.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    /// As they come.
    pub(crate) statements: Vec<Vec<u8>>,
    /// By `SET client_encoding`: pg_dumpall's own, or that of the database that it is connected to.
    pub(crate) encoding: String,
    /// And whether each has all attributes that initdb gives to its role.
    superusers: BTreeMap<Vec<u8>, bool>,
    /// How many memberships each has granted.
    grantors: BTreeMap<Vec<u8>, u64>,
    /// Bytes of memory that all this takes, about.
    pub(crate) held: usize,
}

impl Cluster {
    /// Takes the next statement.
    pub(crate) fn record(&mut self, statement: &[u8]) {
        let inner = if_missing(statement);
        let statement = inner.as_deref().unwrap_or(statement);
        if let Some(encoding) = client_encoding(statement) {
            note(&mut self.encoding, &encoding);
        }
        let tokens: Vec<_> = Tokens::new(statement).collect();
        let has = |attribute: &str| tokens.iter().any(|token| token.is(attribute));
        if let Some(role) = role(&tokens).filter(|_| has("SUPERUSER")) {
            let has_all =
                has("CREATEROLE") && has("CREATEDB") && has("REPLICATION") && has("BYPASSRLS");
            self.held += role.len() + OVERHEAD;
            self.superusers.insert(role.to_vec(), has_all);
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
        // A plan has the names in it too.
        self.held += 2 * statement.len() + OVERHEAD * 3 / 2;
        self.statements.push(statement.to_vec());
    }

    /// Entries by headings, without the superuser's own statements: not all of them are restored.
    pub(crate) fn entries(&self, key: Key) -> BTreeMap<&'static str, Entry> {
        let superuser = self.superuser();
        let mut entries = BTreeMap::<_, Entry>::new();
        for statement in &self.statements {
            let tokens: Vec<_> = Tokens::new(statement).collect();
            let is_superusers = superuser.is_some() && role(&tokens) == superuser.as_deref();
            if let Some(heading) = heading(&tokens).filter(|_| !is_superusers) {
                let entry = Entry {
                    rows: 1,
                    bytes: statement.len() as u64,
                    fingerprint: fingerprint_of(&tokens, key),
                };
                entries.entry(heading).or_default().add(entry);
            }
        }
        entries
    }

    /// The role that initdb made, which the dump does not tell: a superuser with all attributes, of these the one
    /// that most memberships were granted by, else postgres, else any.
    pub(crate) fn superuser(&self) -> Option<Vec<u8>> {
        let granted = |role: &Vec<u8>| self.grantors.get(role).copied().unwrap_or(0);
        let likely =
            |(role, has_all): &(&Vec<u8>, &bool)| (**has_all, granted(role), *role == b"postgres");
        let superusers = self.superusers.iter();
        superusers.max_by_key(likely).map(|(role, _)| role.clone())
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

/// The `CREATE ROLE` in the block that `--globals` puts around initdb's.
fn if_missing(statement: &[u8]) -> Option<Vec<u8>> {
    let block = Tokens::new(statement).after(&["DO"])?.next()?;
    let Token::Text(block) = block else {
        return None;
    };
    let inner = block.strip_prefix(b"BEGIN ")?;
    let end = memmem::rfind(inner, b"EXCEPTION WHEN duplicate_object")?;
    created_role(&inner[..end]).map(|_| inner[..end].to_vec())
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
