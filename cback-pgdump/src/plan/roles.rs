//! The roles, memberships and tablespaces of a cluster's dump, as far as a server lacks them and a restore needs
//! them. No statement changes a role that the server has.
//!
//! Only initdb's own role grants in the name of initdb's role (16 and later), so GRANTED BY is left out where it
//! is not initdb's on the server. A tablespace has to lie inside the server's own directory: run as it is,
//! `CREATE TABLESPACE` would write into the directory of the server that was dumped.

use super::files::Names;
use crate::check::{Contents, Needs, Subject, granted_by, location, quoted, tokens_with_places};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{Result, Write};

/// The statements that are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Also what is no single role's.
    All,
    /// Those of all roles, since data can name any.
    AllRoles,
    /// Those of the roles that are needed, and of their groups.
    Needed,
}

/// A cluster's statements, and what is done with them.
pub(super) struct Roles<'a> {
    statements: &'a [(Subject, Vec<u8>)],
    needs: &'a Needs,
    /// The one that initdb made for the server that was dumped.
    superuser: Option<&'a [u8]>,
    /// The one that initdb made for the server that a dump is restored into.
    own_superuser: Option<&'a [u8]>,
    wanted: Wanted,
    pub(super) created: Names<'a>,
    /// Needed, and neither there nor created.
    pub(super) lacking: Names<'a>,
}

impl<'a> Roles<'a> {
    /// `existing` are those of the server that a dump is restored into, initdb's the first.
    pub(super) fn choose(contents: &'a Contents, existing: &'a [Vec<u8>], wanted: Wanted) -> Self {
        let (needs, statements) = (&contents.needs, &contents.cluster.statements[..]);
        let own: HashSet<&[u8]> = existing.iter().map(|it| &it[..]).collect();
        let is_there =
            |role: &[u8]| own.contains(role) || role.starts_with(b"pg_") || role == b"public";
        let needed = with_groups(statements, &needs.roles);
        let is_new =
            |name: &&[u8]| !is_there(name) && (wanted != Wanted::Needed || needed.contains(name));
        let created = statements.iter().filter_map(|(subject, _)| match subject {
            Subject::New(name) => Some(&name[..]),
            _ => None,
        });
        let created: Names<'_> = created.filter(is_new).collect();
        let is_lacking = |name: &&[u8]| !is_there(name) && !created.contains(name);
        let roles = needs.roles.iter().map(|it| &it[..]);
        Self {
            lacking: roles.filter(is_lacking).collect(),
            statements,
            needs,
            superuser: contents.cluster.superuser(),
            own_superuser: existing.first().map(|it| &it[..]),
            wanted,
            created,
        }
    }

    /// The role that initdb made for the server that was dumped, or an empty name; then the server's own, where the dump has
    /// none of that name.
    pub(super) fn initdbs(&self) -> impl Iterator<Item = &'a [u8]> {
        let is_new = |name: &&[u8]| {
            let is_it = |it: &Subject| matches!(it, Subject::New(role) if role == name);
            !self.statements.iter().any(|(subject, _)| is_it(subject))
        };
        let own = self.own_superuser.filter(is_new);
        [self.superuser.unwrap_or_default()].into_iter().chain(own)
    }

    /// The statements that create the roles.
    pub(super) fn create(&self, sql: &mut impl Write) -> Result<()> {
        let is_created = |role: &[u8]| self.created.contains(role);
        self.write(sql, |subject| subject.role().is_some_and(is_created))
    }

    /// Those that change all roles' settings, and initdb's role where it has the same name.
    pub(super) fn change_superuser(&self, sql: &mut impl Write) -> Result<()> {
        let is_all = self.wanted == Wanted::All;
        let is_same = self.superuser == self.own_superuser;
        self.write(sql, |subject| match subject {
            Subject::Settings(None) | Subject::Parameter { role: None, .. } | Subject::Other => {
                is_all
            }
            Subject::New(_)
            | Subject::Role {
                shuts_out: true, ..
            } => false,
            _ => {
                let role = subject.role();
                is_all && is_same && role.is_some() && role == self.superuser
            }
        })
    }

    /// Those that are wanted, and those of the session.
    fn write(&self, sql: &mut impl Write, is_wanted: impl Fn(&Subject) -> bool) -> Result<()> {
        self.statements.iter().try_for_each(|(subject, text)| {
            if matches!(subject, Subject::Session) {
                sql.write_all(text)
            } else if is_wanted(subject) {
                sql.write_all(&self.granted(subject, text))
            } else {
                Ok(())
            }
        })
    }

    /// Those that create the lacking ones, without any rights where that will do.
    pub(super) fn create_plain(&self, sql: &mut impl Write) -> Result<()> {
        for name in &self.lacking {
            let is_superuser = self.needs.superusers.contains(*name);
            let attributes: &[u8] = if is_superuser { b" SUPERUSER" } else { b"" };
            let name = &quoted(name)[..];
            sql.write_all(&[b"CREATE ROLE ", name, attributes, b" NOLOGIN;\n"].concat())?;
        }
        Ok(())
    }

    /// The names of those that are needed: all of a cluster's.
    pub(super) fn tablespaces(&self) -> Names<'a> {
        let own = self.statements.iter().filter_map(|it| match &it.0 {
            Subject::Tablespace(name) if self.wanted == Wanted::All => Some(name),
            _ => None,
        });
        let all = own.chain(&self.needs.tablespaces);
        all.map(|it| &it[..]).collect()
    }

    pub(super) fn create_tablespaces(&self, sql: &mut impl Write) -> Result<()> {
        sql.write_all(b"SET allow_in_place_tablespaces = on;\n")?;
        if self.wanted != Wanted::All || self.statements.is_empty() {
            return self.needs.tablespaces.iter().try_for_each(|name| {
                let create = [b"CREATE TABLESPACE ", &quoted(name)[..], b" LOCATION '';\n"];
                sql.write_all(&create.concat())
            });
        }
        self.statements
            .iter()
            .try_for_each(|(subject, statement)| match subject {
                Subject::Session => sql.write_all(statement),
                Subject::Tablespace(_) => sql.write_all(&with_empty_location(statement)),
                _ => Ok(()),
            })
    }

    /// The statement without GRANTED BY where that would not go through.
    fn granted(&self, subject: &Subject, statement: &[u8]) -> Vec<u8> {
        if let Subject::Member {
            grantor: Some(grantor),
            ..
        } = subject
            && !self.may_grant(grantor)
        {
            let (tokens, places) = tokens_with_places(statement);
            if let Some(granted) = granted_by(&tokens) {
                let start = places[granted.start].start;
                return [statement[..start].trim_ascii_end(), b";\n"].concat();
            }
        }
        statement.to_vec()
    }

    fn may_grant(&self, grantor: &[u8]) -> bool {
        let is_created = self.created.contains(grantor) && self.superuser != Some(grantor);
        is_created || self.own_superuser.is_none_or(|it| it == grantor)
    }
}

/// These roles, those whose members they are, and so on.
fn with_groups<'a>(
    statements: &'a [(Subject, Vec<u8>)],
    needed: &'a BTreeSet<Vec<u8>>,
) -> Names<'a> {
    let mut groups = BTreeMap::<&[u8], Vec<&[u8]>>::new();
    for (subject, _) in statements {
        if let Subject::Member { name, group, .. } = subject {
            groups.entry(name).or_default().push(group);
        }
    }
    let mut found = Names::new();
    let mut next: Vec<&[u8]> = needed.iter().map(|it| &it[..]).collect();
    while let Some(role) = next.pop() {
        if found.insert(role) {
            next.extend(groups.remove(role).unwrap_or_default());
        }
    }
    found
}

/// The statement with LOCATION emptied, if it creates a tablespace.
fn with_empty_location(statement: &[u8]) -> Vec<u8> {
    let (tokens, places) = tokens_with_places(statement);
    match location(&tokens).map(|path| &places[path]) {
        Some(path) => [&statement[..path.start], b"''", &statement[path.end..]].concat(),
        None => statement.to_vec(),
    }
}
