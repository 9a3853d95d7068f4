//! The roles, memberships and tablespaces of a cluster's dump, as far as a server lacks them and a restore needs
//! them. No statement changes a role that the server has.
//!
//! Only initdb's own role grants in the name of initdb's role (16 and later), so GRANTED BY is left out where it
//! is not initdb's on the server. A tablespace has to lie inside the server's own directory: run as it is,
//! `CREATE TABLESPACE` would write into the directory of the server that was dumped.

use super::subject::Subject;
use super::{LONGEST, Names};
use crate::check::{Cluster, Token, Tokens, quoted};
use crate::names;
use std::collections::{BTreeMap, HashSet};
use std::io::{Result, Write};
use std::path::Path;

/// The roles of the server that a dump is restored into.
pub(super) struct Server {
    roles: HashSet<Vec<u8>>,
    /// The one that initdb made.
    superuser: Option<Vec<u8>>,
}

impl Server {
    /// From their names, initdb's the first.
    pub(super) fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let names = file.map(|it| names::read(it, LONGEST)).transpose()?;
        let names = names.unwrap_or_default();
        Ok(Self {
            superuser: names.first().cloned(),
            roles: names.into_iter().collect(),
        })
    }

    fn has(&self, role: &[u8]) -> bool {
        self.roles.contains(role) || role.starts_with(b"pg_") || role == b"public"
    }
}

/// The statements of a cluster's own part, and what is done with them.
pub(super) struct Roles<'a> {
    statements: Vec<(Subject, &'a [u8])>,
    server: Server,
    /// The one that initdb made for the server that was dumped.
    superuser: Option<Vec<u8>>,
    /// Also what is no single role's.
    is_all: bool,
    created: Names,
    /// Needed, and neither there nor created.
    pub(super) lacking: Names,
}

impl<'a> Roles<'a> {
    /// Those that are needed, or all.
    pub(super) fn choose(
        cluster: &'a Cluster,
        server: Server,
        needed: &Names,
        is_all: bool,
    ) -> Self {
        let statements = cluster.statements.iter();
        let statements: Vec<_> = statements.map(|it| (Subject::of(it), &it[..])).collect();
        let wanted = with_groups(&statements, needed);
        let mut created = Names::new();
        for (subject, _) in &statements {
            if let Subject::New(name) = subject
                && !server.has(name)
                && (is_all || wanted.contains(name))
            {
                created.insert(name.clone());
            }
        }
        let is_lacking = |it: &&Vec<u8>| !server.has(it) && !created.contains(*it);
        Self {
            lacking: needed.iter().filter(is_lacking).cloned().collect(),
            statements,
            server,
            superuser: cluster.superuser(),
            is_all,
            created,
        }
    }

    /// What creates the roles.
    pub(super) fn create(&self, sql: &mut impl Write) -> Result<()> {
        self.write(sql, |subject| match subject {
            Subject::Session => true,
            Subject::New(name) | Subject::Role { name, .. } | Subject::Member { name, .. } => {
                self.created.contains(name)
            }
            Subject::All => self.is_all,
            Subject::Tablespace(_) | Subject::Old => false,
        })
    }

    /// What changes initdb's role to what it was, where it has the same name.
    pub(super) fn change_superuser(&self, sql: &mut impl Write) -> Result<()> {
        let is_all = self.is_all && self.superuser == self.server.superuser;
        self.write(sql, |subject| match subject {
            Subject::Session => true,
            Subject::Role {
                name,
                shuts_out: false,
            }
            | Subject::Member { name, .. } => is_all && self.superuser.as_ref() == Some(name),
            _ => false,
        })
    }

    fn write(&self, sql: &mut impl Write, is_wanted: impl Fn(&Subject) -> bool) -> Result<()> {
        let mut wanted = self.statements.iter().filter(|it| is_wanted(&it.0));
        wanted.try_for_each(|(_, statement)| sql.write_all(&self.granted(statement)))
    }

    /// What creates those that are lacking, without any rights where that will do.
    pub(super) fn create_plain(&self, superusers: &Names, sql: &mut impl Write) -> Result<()> {
        for name in &self.lacking {
            let attribute: &[u8] = if superusers.contains(name) {
                b" SUPERUSER"
            } else {
                b""
            };
            sql.write_all(
                &[
                    b"CREATE ROLE ",
                    &quoted(name)[..],
                    attribute,
                    b" NOLOGIN;\n",
                ]
                .concat(),
            )?;
        }
        Ok(())
    }

    /// The names of those that are needed: all of a cluster's.
    pub(super) fn tablespaces(&self, needed: &Names) -> Names {
        let mut names = needed.clone();
        names.extend(
            self.statements
                .iter()
                .filter_map(|(subject, _)| match subject {
                    Subject::Tablespace(name) if self.is_all => Some(name.clone()),
                    _ => None,
                }),
        );
        names
    }

    pub(super) fn create_tablespaces(&self, needed: &Names, sql: &mut impl Write) -> Result<()> {
        sql.write_all(b"SET allow_in_place_tablespaces = on;\n")?;
        if !self.is_all || self.statements.is_empty() {
            return needed.iter().try_for_each(|name| {
                let create = [b"CREATE TABLESPACE ", &quoted(name)[..], b" LOCATION '';\n"];
                sql.write_all(&create.concat())
            });
        }
        self.statements
            .iter()
            .try_for_each(|(subject, statement)| match subject {
                Subject::Session => sql.write_all(statement),
                Subject::Tablespace(_) => sql.write_all(&in_place(statement)),
                _ => Ok(()),
            })
    }

    /// The statement without GRANTED BY where that would not go through.
    fn granted(&self, statement: &[u8]) -> Vec<u8> {
        let mut ends = vec![0];
        let mut tokens = Vec::new();
        let mut places = Tokens::new(statement);
        while let Some((token, place)) = places.next_with_place() {
            tokens.push(token);
            ends.push(place.end);
        }
        if let [.., granted, by, grantor, Token::Symbol(b';')] = &tokens[..]
            && granted.is("GRANTED")
            && by.is("BY")
            && !self.may_grant(grantor.name().unwrap_or_default())
        {
            return [&statement[..ends[tokens.len() - 4]], b";\n"].concat();
        }
        statement.to_vec()
    }

    fn may_grant(&self, grantor: &[u8]) -> bool {
        let is_it = |role: &Option<Vec<u8>>| role.as_deref() == Some(grantor);
        let is_created = self.created.contains(grantor) && !is_it(&self.superuser);
        self.server.superuser.is_none() || is_it(&self.server.superuser) || is_created
    }
}

/// These roles, those whose members they are, and so on.
fn with_groups(statements: &[(Subject, &[u8])], needed: &Names) -> Names {
    let mut groups = BTreeMap::<&[u8], Vec<&[u8]>>::new();
    for (subject, _) in statements {
        if let Subject::Member { name, group } = subject {
            groups.entry(name).or_default().push(group);
        }
    }
    let mut found = Names::new();
    let mut next: Vec<&[u8]> = needed.iter().map(|it| &it[..]).collect();
    while let Some(role) = next.pop() {
        if found.insert(role.to_vec()) {
            next.extend(groups.remove(role).unwrap_or_default());
        }
    }
    found
}

/// The statement with LOCATION emptied, if it creates a tablespace.
fn in_place(statement: &[u8]) -> Vec<u8> {
    let mut tokens = Tokens::new(statement);
    let is_new = tokens.after(&["CREATE", "TABLESPACE"]).is_some();
    if is_new
        && tokens.any(|token| token.is("LOCATION"))
        && let Some((_, place)) = tokens.next_with_place()
    {
        return [&statement[..place.start], b"''", &statement[place.end..]].concat();
    }
    statement.to_vec()
}
