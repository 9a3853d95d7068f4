//! The needs of a restore that the dump of a database does not meet: roles, tablespaces, extensions.
//!
//! The statements that name roles are taken from pg_dump's `_printTocEntry`, `buildACLCommands`, `dumpPolicy`
//! and `dumpUserMappings`. A word that is taken for a role and is none does no harm: `--plan` creates a
//! role too many.
//!
//! Roles are plain, so that whatever PostgreSQL runs as one of them (the query of a materialized view) may
//! no more than it might at the source. PostgreSQL 15, 16 and 18 want a superuser for the owner of an event
//! trigger and of a foreign-data wrapper, 15 for that of a subscription; every other kind of object that
//! pg_dump knows was given to a plain role there. By `--use-set-session-authorization` a role creates its
//! objects itself, in schemas and databases of others.

use super::token::{Token, after, after_first};
use std::collections::BTreeSet;

/// Memory, in bytes, that an entry or a name takes besides its own bytes, about.
pub(crate) const OVERHEAD: usize = 100;

/// Needs of a restore that the dump does not meet; names without quotes.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) roles: BTreeSet<Vec<u8>>,
    /// Those of the roles that a statement wants to be superusers.
    pub(crate) superusers: BTreeSet<Vec<u8>>,
    /// Owners of subscriptions, who have to be superusers before PostgreSQL 16.
    pub(crate) subscribers: BTreeSet<Vec<u8>>,
    /// Whoever restores has to be a member of these.
    pub(crate) owners: BTreeSet<Vec<u8>>,
    /// The role that `SET SESSION AUTHORIZATION` has made the current one.
    pub(crate) session: Option<Vec<u8>>,
    pub(crate) tablespaces: BTreeSet<Vec<u8>>,
    pub(crate) extensions: BTreeSet<Vec<u8>>,
    /// Locales of the operating system.
    pub(crate) locales: BTreeSet<Vec<u8>>,
    /// A collation or a database is ICU's.
    pub(crate) icu: bool,
    /// Encodings that databases are created in.
    pub(crate) encodings: BTreeSet<Vec<u8>>,
    /// Bytes of memory that all this takes, about.
    pub(crate) held: usize,
}

pub(crate) type Words = &'static [&'static str];

const OF_RIGHTS: &[Words] = &[&["FOR", "ROLE"], &["TO"], &["FROM"], &["GRANTED", "BY"]];

/// Statements by their first words, and the keywords after which they name roles; the first counts.
const ROLES: [(Words, &[Words]); 10] = [
    (&["GRANT"], OF_RIGHTS),
    (&["REVOKE"], OF_RIGHTS),
    (&["ALTER", "DEFAULT", "PRIVILEGES"], OF_RIGHTS),
    (&["ALTER", "ROLE"], &[&["ROLE"]]),
    (&["ALTER"], &[&["OWNER", "TO"]]),
    (&["CREATE", "DATABASE"], &[&["OWNER", "="]]),
    (&["CREATE", "USER", "MAPPING"], &[&["FOR"]]),
    (&["CREATE", "POLICY"], &[&["TO"]]),
    (&["CREATE", "SCHEMA"], &[&["AUTHORIZATION"]]),
    (&["SET", "SESSION"], &[&["AUTHORIZATION"]]),
];

/// Those before a role that is to own something.
const OF_OWNERS: [Words; 4] = [
    &["OWNER", "TO"],
    &["OWNER", "="],
    &["FOR", "ROLE"],
    &["AUTHORIZATION"],
];

type Names = fn(&mut Needs) -> &mut BTreeSet<Vec<u8>>;

const TABLESPACES: Names = |needs| &mut needs.tablespaces;
const LOCALES: Names = |needs| &mut needs.locales;
const SUPERUSERS: Names = |needs| &mut needs.superusers;

/// The same for what is no role, and for owners that have to be superusers; the name that follows.
const OTHERS: [(Words, Words, Names); 12] = [
    (&["SET", "default_tablespace"], &["="], TABLESPACES),
    (&["CREATE", "DATABASE"], &["TABLESPACE", "="], TABLESPACES),
    (&["CREATE", "DATABASE"], &["ENCODING", "="], |it| {
        &mut it.encodings
    }),
    (&["CREATE", "DATABASE"], &["LOCALE", "="], LOCALES),
    (&["CREATE", "DATABASE"], &["LC_COLLATE", "="], LOCALES),
    (&["CREATE", "DATABASE"], &["LC_CTYPE", "="], LOCALES),
    (&["CREATE", "COLLATION"], &["LOCALE", "="], LOCALES),
    (&["CREATE", "COLLATION"], &["LC_COLLATE", "="], LOCALES),
    (&["CREATE", "COLLATION"], &["LC_CTYPE", "="], LOCALES),
    (&["ALTER", "EVENT", "TRIGGER"], &["OWNER", "TO"], SUPERUSERS),
    (
        &["ALTER", "FOREIGN", "DATA", "WRAPPER"],
        &["OWNER", "TO"],
        SUPERUSERS,
    ),
    (&["ALTER", "SUBSCRIPTION"], &["OWNER", "TO"], |it| {
        &mut it.subscribers
    }),
];

/// Statements in which the current role does not matter: pg_dump becomes a grantor in every dump.
const OF_ANY_ROLE: [Words; 4] = [
    &["SET"],
    &["GRANT"],
    &["REVOKE"],
    &["ALTER", "DEFAULT", "PRIVILEGES"],
];

impl Needs {
    /// Takes the next statement.
    pub(crate) fn record(&mut self, tokens: &[Token<'_>]) {
        let begins = |words: Words| after(tokens, words).is_some();
        if let Some((_, keywords)) = ROLES.iter().find(|(words, _)| begins(words)) {
            for keywords in *keywords {
                for name in roles(after_first(tokens, keywords).unwrap_or_default()) {
                    if OF_OWNERS.contains(keywords) {
                        self.insert(|it| &mut it.owners, &name);
                    }
                    self.insert(|it| &mut it.roles, &name);
                }
            }
        }
        if begins(&["CREATE", "DATABASE"]) || begins(&["CREATE", "COLLATION"]) {
            self.icu |= tokens.iter().any(|it| it.is("ICU"));
        }
        let is_other = |word: &Token<'_>| word.is("ICU") || word.is("BUILTIN");
        let has_locales = !begins(&["CREATE", "COLLATION"]) || !tokens.iter().any(is_other);
        let others = OTHERS
            .iter()
            .filter(|(words, ..)| has_locales && begins(words));
        for (_, keywords, names) in others {
            let named = after_first(tokens, keywords).and_then(<[_]>::first);
            if let Some(name) = named.and_then(Token::value).filter(|it| is_new(it)) {
                self.insert(*names, name);
            }
        }
        if let Some(rest) = after(tokens, &["CREATE", "EXTENSION"]) {
            let named = after(rest, &["IF", "NOT", "EXISTS"]).unwrap_or(rest);
            if let Some(name) = named.first().and_then(Token::value) {
                self.insert(|it| &mut it.extensions, name);
            }
        }
        self.session(tokens);
    }

    fn insert(&mut self, names: Names, name: &[u8]) {
        if names(self).insert(name.to_vec()) {
            // With that of references to it in a plan.
            self.held += name.len() + OVERHEAD * 3 / 2;
        }
    }

    /// Takes the role that runs the statements, which has to be a superuser for most of them.
    fn session(&mut self, tokens: &[Token<'_>]) {
        let begins = |words: Words| after(tokens, words).is_some();
        if let Some(role) = after(tokens, &["SET", "SESSION", "AUTHORIZATION"]) {
            self.session = roles(role).pop();
        } else if begins(&["RESET"]) {
            self.session = None;
        } else if !OF_ANY_ROLE.into_iter().any(begins)
            && let Some(role) = self.session.clone()
        {
            self.insert(SUPERUSERS, &role);
        }
    }
}

/// Not the value by which there is no tablespace, and no tablespace of initdb's.
fn is_new(name: &[u8]) -> bool {
    ![&b""[..], b"pg_default", b"pg_global"].contains(&name)
}

/// The roles in the list, separated by commas, that `tokens` begins with.
fn roles(tokens: &[Token<'_>]) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    for pair in tokens.chunks(2) {
        let is_role = !matches!(pair[0], Token::Word(word) if is_no_role(word));
        names.extend(pair[0].value().filter(|_| is_role).map(<[u8]>::to_vec));
        if pair.get(1) != Some(&Token::Symbol(b',')) {
            break;
        }
    }
    names
}

fn is_no_role(word: &[u8]) -> bool {
    let words = [
        &b"public"[..],
        b"none",
        b"default",
        b"current_user",
        b"session_user",
    ];
    let word = word.to_ascii_lowercase();
    words.contains(&&word[..]) || word.starts_with(b"pg_")
}
