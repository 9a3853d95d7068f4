//! The subjects of the statements of a cluster's own part.

use super::token::{Token, Tokens};

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
    /// The subject of a statement that is not taken apart yet.
    pub(crate) fn of(statement: &[u8]) -> Self {
        Self::read(&Tokens::new(statement).collect::<Vec<_>>())
    }

    pub(crate) fn read(tokens: &[Token<'_>]) -> Self {
        let Some(verb) = tokens.first() else {
            return Self::Other;
        };
        let subject = if verb.is("SET") {
            Some(Self::Session)
        } else if verb.is("DROP") {
            Some(Self::Old)
        } else if verb.is("CREATE") || verb.is("ALTER") {
            Self::about(&tokens[1..], verb)
        } else if let Some(on) = tokens.iter().position(|token| token.is("ON")) {
            Self::about(&tokens[on + 1..], verb)
        } else {
            Self::member(tokens)
        };
        subject.unwrap_or(Self::Other)
    }

    /// From the type of the subject and what follows it.
    fn about(tokens: &[Token<'_>], verb: &Token<'_>) -> Option<Self> {
        let noun = tokens.first()?;
        let name = tokens.get(1)?.name()?.to_vec();
        if noun.is("TABLESPACE") {
            return Some(Self::Tablespace(name));
        } else if noun.is("PARAMETER") {
            let is_role = |role: &Vec<u8>| !role.eq_ignore_ascii_case(b"public");
            let role = after(tokens, "TO").or_else(|| after(tokens, "FROM"));
            let role = role.filter(is_role);
            return Some(Self::Parameter { name, role });
        } else if !noun.is("ROLE") {
            return None;
        }
        let is_settings = tokens.get(2).is_some_and(|it| it.is("SET"));
        let shuts_out = tokens.iter().any(|token| token.is("NOLOGIN"));
        Some(match is_settings {
            _ if tokens[1].is("ALL") => Self::Settings(None),
            true => Self::Settings(Some(name)),
            false if verb.is("CREATE") => Self::New(name),
            false => Self::Role { name, shuts_out },
        })
    }

    /// `GRANT group TO name ... [GRANTED BY grantor];`
    fn member(tokens: &[Token<'_>]) -> Option<Self> {
        let grantor = match tokens {
            [.., granted, by, grantor, Token::Symbol(b';')] => {
                let is_told = granted.is("GRANTED") && by.is("BY");
                grantor.name().filter(|_| is_told).map(<[u8]>::to_vec)
            }
            _ => None,
        };
        Some(Self::Member {
            name: after(tokens, "TO").or_else(|| after(tokens, "FROM"))?,
            group: tokens.get(1)?.name()?.to_vec(),
            grantor,
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

/// The name after the first such keyword.
fn after(tokens: &[Token<'_>], keyword: &str) -> Option<Vec<u8>> {
    let place = tokens.iter().position(|token| token.is(keyword))?;
    Some(tokens.get(place + 1)?.name()?.to_vec())
}
