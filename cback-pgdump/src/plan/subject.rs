//! The subjects of the statements of a cluster's own part.

use crate::check::{Token, Tokens, shuts_out};

/// The subject of a statement.
#[derive(Debug)]
pub(super) enum Subject {
    /// SET.
    Session,
    /// The role that is created.
    New(Vec<u8>),
    /// The role that is changed; one that could keep it from logging in `shuts_out`.
    Role { name: Vec<u8>, shuts_out: bool },
    /// A membership.
    Member { name: Vec<u8>, group: Vec<u8> },
    /// This tablespace.
    Tablespace(Vec<u8>),
    /// Nobody's: a parameter's rights for PUBLIC, settings of all roles.
    All,
    /// Something that `--clean` drops.
    Old,
}

impl Subject {
    pub(super) fn of(statement: &[u8]) -> Self {
        let tokens: Vec<_> = Tokens::new(statement).collect();
        Self::read(&tokens).unwrap_or(Self::All)
    }

    fn read(tokens: &[Token<'_>]) -> Option<Self> {
        let place = |word: &str| tokens.iter().position(|token| token.is(word));
        let name = |at: usize| tokens.get(at)?.name().map(<[u8]>::to_vec);
        let (verb, mut noun) = (tokens.first()?, 1);
        if verb.is("DROP") || verb.is("SET") {
            return Some(if verb.is("SET") {
                Self::Session
            } else {
                Self::Old
            });
        } else if !verb.is("CREATE") && !verb.is("ALTER") {
            noun = place("ON").map_or(0, |on| on + 1);
        }
        let is = |word: &str| tokens.get(noun).is_some_and(|noun| noun.is(word));
        if is("TABLESPACE") {
            return Some(Self::Tablespace(name(noun + 1)?));
        } else if is("ROLE") {
            let is_all = tokens.get(noun + 1)?.is("ALL");
            let name = name(noun + 1).filter(|_| !is_all)?;
            let shuts_out = shuts_out(tokens);
            let is_new = verb.is("CREATE");
            return Some(if is_new {
                Self::New(name)
            } else {
                Self::Role { name, shuts_out }
            });
        }
        let name = name(place("TO").or_else(|| place("FROM"))? + 1)?;
        match tokens.get(1)?.name() {
            Some(group) if noun == 0 => Some(Self::Member {
                name,
                group: group.to_vec(),
            }),
            _ if name.eq_ignore_ascii_case(b"public") => None,
            _ => Some(Self::Role {
                name,
                shuts_out: false,
            }),
        }
    }
}
