//! A cluster's own part: roles, memberships, tablespaces.

use super::definition::of_tokens;
use super::fingerprint::{Entry, Key};
use super::needs::OVERHEAD;
use super::objects::{NOT_COMPARED, Objects};
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
            let heading = heading(&tokens).filter(|_| !is_superusers);
            if let Some(heading) = heading {
                let entry = Entry {
                    rows: 1,
                    bytes: statement.len() as u64,
                    fingerprint: of_tokens(comparable(tokens, superuser.as_deref()), key),
                };
                entries.entry(heading).or_default().add(entry);
            }
        }
        entries
    }

    /// Lists what the statements are about. A restore does not change initdb's role where that would keep it from
    /// logging in.
    pub(crate) fn list(&self, list: &mut Objects, key: Key) {
        let superuser = self.superuser();
        let mut objects = BTreeMap::new();
        for statement in &self.statements {
            let tokens: Vec<_> = Tokens::new(statement).collect();
            let Some(object) = object(&tokens) else {
                continue;
            };
            let is_superusers = superuser.is_some() && role(&tokens) == superuser.as_deref();
            let is_restored = !is_superusers || !shuts_out(&tokens);
            let fingerprint =
                is_restored.then(|| of_tokens(comparable(tokens, superuser.as_deref()), key));
            let sum = objects.entry(object).or_insert(Some(0_u64));
            *sum = sum.zip(fingerprint).map(|(sum, it)| sum.wrapping_add(it));
        }
        for ((kind, name), fingerprint) in objects {
            list.single(kind, &name, fingerprint.unwrap_or(NOT_COMPARED));
        }
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

/// Whether what `ALTER ROLE` says could keep a role from logging in.
pub(crate) fn shuts_out(tokens: &[Token<'_>]) -> bool {
    tokens.iter().any(|token| token.is("NOLOGIN"))
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

/// The type and the name of what a statement is about, but for SET and DROP.
fn object(tokens: &[Token<'_>]) -> Option<(&'static str, Vec<u8>)> {
    let place = |word: &str| tokens.iter().position(|token| token.is(word));
    let name = |at: usize| tokens.get(at)?.name().map(<[u8]>::to_vec);
    let verb = tokens.first()?;
    let is_verb = |verbs: &[&str]| verbs.iter().any(|it| verb.is(it));
    let noun = if is_verb(&["CREATE", "ALTER"]) {
        1
    } else if is_verb(&["GRANT", "REVOKE", "COMMENT", "SECURITY"]) {
        place("ON").map_or(0, |on| on + 1)
    } else {
        return None;
    };
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is(word));
    if is(noun, "ROLE") {
        let kind = if is(noun + 2, "SET") {
            "ROLE SETTINGS"
        } else {
            "ROLE"
        };
        return Some((kind, name(noun + 1)?));
    } else if is(noun, "TABLESPACE") {
        return Some(("TABLESPACE", name(noun + 1)?));
    } else if noun > 0 {
        return Some(("PARAMETER", name(noun + 1)?));
    }
    let member = name(place("TO")? + 1)?;
    Some(("MEMBERSHIP", [&name(1)?, &b" to "[..], &member].concat()))
}

/// A statement without what a restore may have otherwise: see `definition`.
fn comparable<'a>(mut tokens: Vec<Token<'a>>, superuser: Option<&[u8]>) -> Vec<Token<'a>> {
    if let Some(place) = tokens.iter().position(|it| it.is("LOCATION")) {
        tokens.drain(place..(place + 2).min(tokens.len()));
    }
    if let [.., granted, by, grantor, Token::Symbol(b';')] = &tokens[..]
        && granted.is("GRANTED")
        && by.is("BY")
        && grantor.name() == superuser
    {
        tokens.truncate(tokens.len() - 4);
        tokens.push(Token::Symbol(b';'));
    }
    tokens
}
