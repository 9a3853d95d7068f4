//! The subjects of the statements of a cluster's own part.

use super::token::{Token, after, after_first};
use std::ops::Range;

/// The subject of a statement; names without quotes.
#[derive(Debug)]
pub(crate) enum Subject {
    /// SET.
    Session,
    /// Something that `--clean` drops.
    Old,
    /// The role that is created.
    New(Vec<u8>),
    /// The role that is changed, in a way that could keep it from logging in if `shuts_out`.
    Role {
        name: Vec<u8>,
        shuts_out: bool,
    },
    /// Settings of a role; none: of all.
    Settings(Option<Vec<u8>>),
    /// The membership of `name` in `group`, and the role in whose name it is granted, if that is told.
    Member {
        name: Vec<u8>,
        group: Vec<u8>,
        grantor: Option<Vec<u8>>,
    },
    Tablespace(Vec<u8>),
    /// Rights of a role to set a server's parameter; none: of PUBLIC.
    Parameter {
        name: Vec<u8>,
        role: Option<Vec<u8>>,
    },
    Other,
}

impl Subject {
    pub(crate) fn read(tokens: &[Token<'_>]) -> Self {
        let Some((verb, rest)) = tokens.split_first() else {
            return Self::Other;
        };
        let subject = if verb.is("SET") {
            Some(Self::Session)
        } else if verb.is("DROP") {
            Some(Self::Old)
        } else if verb.is("CREATE") || verb.is("ALTER") {
            Self::about(rest, verb)
        } else if let Some(subject) = after_first(tokens, &["ON"]) {
            Self::about(subject, verb)
        } else {
            Self::member(tokens)
        };
        subject.unwrap_or(Self::Other)
    }

    /// From the type of the subject and what follows it.
    fn about(tokens: &[Token<'_>], verb: &Token<'_>) -> Option<Self> {
        let [noun, subject, rest @ ..] = tokens else {
            return None;
        };
        let name = subject.name()?.to_vec();
        if noun.is("TABLESPACE") {
            return Some(Self::Tablespace(name));
        } else if noun.is("PARAMETER") {
            let is_role = |role: &Vec<u8>| !role.eq_ignore_ascii_case(b"public");
            let role = grantee(rest).filter(is_role);
            return Some(Self::Parameter { name, role });
        } else if !noun.is("ROLE") {
            return None;
        }
        let shuts_out = rest.iter().any(|token| token.is("NOLOGIN"));
        Some(match after(rest, &["SET"]) {
            _ if subject.is("ALL") => Self::Settings(None),
            Some(_) => Self::Settings(Some(name)),
            None if verb.is("CREATE") => Self::New(name),
            None => Self::Role { name, shuts_out },
        })
    }

    /// `GRANT group TO name ... [GRANTED BY grantor];`
    fn member(tokens: &[Token<'_>]) -> Option<Self> {
        let granted = granted_by(tokens).map(|place| &tokens[place]);
        Some(Self::Member {
            name: grantee(tokens)?,
            group: tokens.get(1)?.name()?.to_vec(),
            grantor: granted.and_then(|it| it[2].name().map(<[u8]>::to_vec)),
        })
    }

    /// The role whose it is, if it is one's.
    pub(crate) fn role(&self) -> Option<&[u8]> {
        match self {
            Self::New(name) | Self::Role { name, .. } | Self::Member { name, .. } => Some(name),
            Self::Settings(role) | Self::Parameter { role, .. } => role.as_deref(),
            Self::Session | Self::Old | Self::Tablespace(_) | Self::Other => None,
        }
    }

    /// The line of a report that it is counted in. `pg_dumpall` does not write `ALTER ROLE ALL`: so it is not counted.
    pub(crate) fn heading(&self) -> Option<&'static str> {
        match self {
            Self::New(_) | Self::Role { .. } | Self::Settings(Some(_)) => Some("roles"),
            Self::Member { .. } => Some("memberships"),
            Self::Tablespace(_) => Some("tablespaces"),
            _ => None,
        }
    }

    /// Type and name of the object that it is.
    pub(crate) fn object(&self) -> Option<(&'static str, Vec<u8>)> {
        Some(match self {
            Self::New(name) | Self::Role { name, .. } => ("ROLE", name.clone()),
            Self::Settings(role) => ("ROLE SETTINGS", role.clone().unwrap_or(b"ALL".to_vec())),
            Self::Member { name, group, .. } => {
                ("MEMBERSHIP", [group, &b" to "[..], name].concat())
            }
            Self::Tablespace(name) => ("TABLESPACE", name.clone()),
            Self::Parameter { name, .. } => ("PARAMETER", name.clone()),
            Self::Session | Self::Old | Self::Other => return None,
        })
    }
}

fn grantee(tokens: &[Token<'_>]) -> Option<Vec<u8>> {
    let grantee = after_first(tokens, &["TO"]).or_else(|| after_first(tokens, &["FROM"]));
    Some(grantee?.first()?.name()?.to_vec())
}

/// Where `GRANTED BY grantor` stands at the end of a statement.
pub(crate) fn granted_by(tokens: &[Token<'_>]) -> Option<Range<usize>> {
    let end = tokens.len().checked_sub(1)?;
    let place = end.checked_sub(3)?..end;
    let granted = after(&tokens[place.clone()], &["GRANTED", "BY"])?;
    granted[0].name().map(|_| place)
}

/// Where the path stands in `LOCATION 'path'`, of a tablespace.
pub(crate) fn location(tokens: &[Token<'_>]) -> Option<usize> {
    let is_it = |pair: &[Token<'_>]| pair[0].is("LOCATION") && matches!(pair[1], Token::Text(_));
    Some(1 + tokens.windows(2).position(is_it)?)
}
