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

use super::token::{Token, Tokens, begins};
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
    /// The dump creates the schema `public`, as by `pg_dump --schema`.
    pub(crate) has_new_public: bool,
    /// Settings of the session that wrote the dump, as far as it tells, as options of the server's.
    pub(crate) settings: BTreeSet<&'static str>,
    /// Types of columns whose values hold more than they say.
    pub(crate) types: Types,
    /// Bytes of memory that all this takes, about.
    pub(crate) held: usize,
}

/// Whether there are columns of these types.
#[derive(Debug, Default)]
pub(crate) struct Types {
    /// `bytea`, written as `bytea_output` says.
    pub(crate) bytea: bool,
    /// `money`, written and read as `lc_monetary` says, which no dump sets.
    pub(crate) money: bool,
    /// `regrole` and `aclitem`, whose values are names of roles.
    pub(crate) role: bool,
}

impl Types {
    fn record(&mut self, name: &[u8]) {
        self.bytea |= name == b"bytea";
        self.money |= name == b"money";
        self.role |= name == b"regrole" || name == b"aclitem";
    }
}

type Words = &'static [&'static str];

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

/// The same for a tablespace; `=` stands for the symbol.
const TABLESPACES: [(Words, Words); 2] = [
    (&["SET", "default_tablespace"], &["default_tablespace", "="]),
    (&["CREATE", "DATABASE"], &["TABLESPACE", "="]),
];

/// Statements that name the types of columns.
const OF_TYPES: [Words; 5] = [
    &["CREATE", "TABLE"],
    &["CREATE", "UNLOGGED"],
    &["CREATE", "TYPE"],
    &["CREATE", "DOMAIN"],
    &["CREATE", "MATERIALIZED"],
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
    pub(crate) fn record(&mut self, statement: &[u8]) {
        let begins = |words: Words| begins(statement, words);
        let tokens = || Tokens::new(statement).collect::<Vec<_>>();
        if let Some((_, keywords)) = ROLES.iter().find(|(words, _)| begins(words)) {
            let tokens = tokens();
            for keywords in *keywords {
                let named = roles(after(&tokens, keywords));
                for name in named {
                    if OF_OWNERS.contains(keywords) {
                        self.held += insert(&mut self.owners, &name);
                    }
                    self.held += insert(&mut self.roles, &name);
                }
            }
        }
        if OF_TYPES.iter().any(|words| begins(words)) {
            let tokens = Tokens::new(statement);
            tokens.for_each(|it| self.types.record(it.name().unwrap_or_default()));
        }
        if begins(&["ALTER", "TABLE"]) || OF_TYPES.iter().any(|words| begins(words)) {
            let is_quoted = tokens().windows(3).any(is_cast_to_quoted);
            let setting = is_quoted.then_some("-c quote_all_identifiers=on");
            self.settings.extend(setting);
        }
        if statement == b"SET standard_conforming_strings = off;\n" {
            self.settings.insert("-c standard_conforming_strings=off");
        }
        self.has_new_public |= creates_public(statement);
        if begins(&["CREATE", "DATABASE"])
            && let Some(Token::Text(name)) = after(&tokens(), &["ENCODING", "="]).first()
        {
            self.held += insert(&mut self.encodings, name);
        }
        if begins(&["CREATE", "COLLATION"]) || begins(&["CREATE", "DATABASE"]) {
            self.locales(&tokens());
        }
        if let Some((_, keywords)) = TABLESPACES.iter().find(|(words, _)| begins(words)) {
            self.tablespace(after(&tokens(), keywords).first());
        } else if begins(&["CREATE", "EXTENSION"]) {
            let no_name = ["CREATE", "EXTENSION", "IF", "NOT", "EXISTS"];
            let mut names =
                Tokens::new(statement).skip_while(|it| no_name.iter().any(|no| it.is(no)));
            if let Some(name) = names.next().as_ref().and_then(Token::name) {
                self.held += insert(&mut self.extensions, name);
            }
        }
        self.superusers(statement);
    }

    fn superusers(&mut self, statement: &[u8]) {
        let begins = |words: Words| begins(statement, words);
        if let Some(role) = Tokens::new(statement).after(&["SET", "SESSION", "AUTHORIZATION"]) {
            self.session = match role.next() {
                Some(Token::Text(role) | Token::Name(role)) => Some(role),
                Some(Token::Word(role)) if !is_no_role(role) => Some(role.to_vec()),
                _ => None,
            };
        } else if begins(&["RESET"]) {
            self.session = None;
        } else if !OF_ANY_ROLE.into_iter().any(begins) {
            let of_subscription = begins(&["ALTER", "SUBSCRIPTION"]);
            let of_superuser = begins(&["ALTER", "EVENT", "TRIGGER"])
                || begins(&["ALTER", "FOREIGN", "DATA", "WRAPPER"]);
            if of_subscription || of_superuser {
                let tokens: Vec<_> = Tokens::new(statement).collect();
                let owner = after(&tokens, &["OWNER", "TO"]).first();
                let owners = if of_superuser {
                    &mut self.superusers
                } else {
                    &mut self.subscribers
                };
                if let Some(name) = owner.and_then(Token::name) {
                    self.held += insert(owners, name);
                }
            }
            if let Some(role) = &self.session {
                self.held += insert(&mut self.superusers, role);
            }
        }
    }

    /// Takes the values of LOCALE, `LC_COLLATE` and `LC_CTYPE`: of a database always the operating system's, of
    /// a collation its provider's.
    fn locales(&mut self, tokens: &[Token<'_>]) {
        let has = |word: &str| tokens.iter().any(|token| token.is(word));
        self.icu |= has("ICU");
        if has("COLLATION") && (has("ICU") || has("BUILTIN")) {
            return;
        }
        for triple in tokens.windows(3) {
            let words = ["LOCALE", "LC_COLLATE", "LC_CTYPE"];
            if let Token::Text(locale) = &triple[2]
                && words.into_iter().any(|word| triple[0].is(word))
            {
                self.held += insert(&mut self.locales, locale);
            }
        }
    }

    fn tablespace(&mut self, token: Option<&Token<'_>>) {
        let name = token.and_then(Token::name);
        let is_own = |name: &&[u8]| *name != b"pg_default" && *name != b"pg_global";
        if let Some(name) = name.filter(is_own) {
            self.held += insert(&mut self.tablespaces, name);
        }
    }
}

/// Returns the memory that the name takes, if it is new, with that of references to it in a plan.
pub(crate) fn insert(names: &mut BTreeSet<Vec<u8>>, name: &[u8]) -> usize {
    let is_new = names.insert(name.to_vec());
    if is_new {
        name.len() + OVERHEAD * 3 / 2
    } else {
        0
    }
}

/// `::"text"`, which is quoted by `quote_all_identifiers` alone; `"char"` is another type than `char`.
fn is_cast_to_quoted(tokens: &[Token<'_>]) -> bool {
    let colon = Token::Symbol(b':');
    tokens[..2] == [colon.clone(), colon]
        && matches!(&tokens[2], Token::Name(name) if name != b"char")
}

/// Whether this creates the schema `public`, which every new database has.
pub(crate) fn creates_public(statement: &[u8]) -> bool {
    let statements = [
        &b"CREATE SCHEMA public;\n"[..],
        b"CREATE SCHEMA \"public\";\n",
    ];
    statements.contains(&statement)
}

/// The roles in the list, separated by commas, that `tokens` begins with.
fn roles(tokens: &[Token<'_>]) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    for pair in tokens.chunks(2) {
        match &pair[0] {
            Token::Word(word) if !is_no_role(word) => names.push(word.to_vec()),
            Token::Name(name) | Token::Text(name) => names.push(name.clone()),
            _ => {}
        }
        if pair.get(1) != Some(&Token::Symbol(b',')) {
            break;
        }
    }
    names
}

/// The tokens after the first occurrence of `keywords`; none where there is none.
fn after<'a, 'b>(tokens: &'a [Token<'b>], keywords: Words) -> &'a [Token<'b>] {
    let is_one = |(token, keyword): (&Token<'_>, &&str)| {
        token.is(keyword) || (*keyword == "=" && *token == Token::Symbol(b'='))
    };
    let mut windows = tokens.windows(keywords.len());
    let start = windows.position(|window| window.iter().zip(keywords).all(is_one));
    start.map_or(&[], |start| &tokens[start + keywords.len()..])
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
