//! The roles, memberships and tablespaces of a cluster's dump, as far as a server lacks them and a restore needs
//! them. No statement changes a role that the server has.
//!
//! Only initdb's own role grants in the name of initdb's role (16 and later), so GRANTED BY is left out where it
//! is not initdb's on the server. A tablespace has to lie inside the server's own directory: run as it is,
//! `CREATE TABLESPACE` would write into the directory of the server that was dumped.

use super::{LONGEST, Names};
use crate::check::{Cluster, Token, Tokens, created_role, quoted, role};
use crate::names;
use std::collections::{BTreeMap, HashSet};
use std::io::{Result, Write};
use std::path::Path;

/// The roles of the server that a dump is restored into.
#[derive(Debug, Default)]
pub(super) struct Server {
    roles: HashSet<Vec<u8>>,
    /// The one that initdb made.
    superuser: Option<Vec<u8>>,
}

impl Server {
    /// From their names, initdb's the first; without a file a new server, whose initdb made this role.
    pub(super) fn read(file: Option<&Path>, superuser: &[u8]) -> anyhow::Result<Self> {
        let names = file.map(|it| names::read(it, LONGEST)).transpose()?;
        let names = names.unwrap_or_else(|| vec![superuser.to_vec()]);
        Ok(Self {
            superuser: names.first().cloned(),
            roles: names.into_iter().collect(),
        })
    }

    fn has(&self, role: &[u8]) -> bool {
        self.roles.contains(role) || role.starts_with(b"pg_") || role == b"public"
    }
}

/// What is done about the roles.
pub(super) struct Roles<'a> {
    cluster: &'a Cluster,
    server: &'a Server,
    superuser: Option<Vec<u8>>,
    /// Also what is no single role's.
    is_all: bool,
    pub(super) created: Names,
    /// Needed, and neither there nor created.
    pub(super) lacking: Names,
}

/// The subject of a statement of a cluster's own part.
enum Subject<'a> {
    Session,
    Role(&'a [u8]),
    Tablespace,
    /// Nobody's: a parameter's rights for PUBLIC, settings of all roles.
    All,
    /// DROP, by `--clean`.
    None,
}

impl<'a> Roles<'a> {
    /// Those that are needed, or all.
    pub(super) fn choose(
        cluster: &'a Cluster,
        server: &'a Server,
        needed: &Names,
        is_all: bool,
    ) -> Self {
        let created = cluster.statements.iter().filter_map(|it| created_role(it));
        let mut created: Names = created.filter(|it| !server.has(it)).collect();
        if !is_all {
            let wanted = with_groups(cluster, needed, server);
            created.retain(|it| wanted.contains(it));
        }
        // A database's part can be in another encoding than the cluster's own, which has all roles.
        let is_comparable = |it: &[u8]| !is_all || cluster.statements.is_empty() || it.is_ascii();
        let is_lacking =
            |it: &&Vec<u8>| !server.has(it) && !created.contains(*it) && is_comparable(it);
        Self {
            cluster,
            server,
            superuser: cluster.superuser(),
            is_all,
            lacking: needed.iter().filter(is_lacking).cloned().collect(),
            created,
        }
    }

    /// What creates the roles; or, if `is_superusers`, changes initdb's role to what it was, where it has the
    /// same name.
    pub(super) fn write(&self, is_superusers: bool, sql: &mut impl Write) -> Result<()> {
        for statement in &self.cluster.statements {
            let tokens: Vec<_> = Tokens::new(statement).collect();
            let is_it = match subject(&tokens) {
                Subject::Session => true,
                Subject::Role(role) if is_superusers => self.is_same(role) && !shuts_out(&tokens),
                Subject::Role(role) => self.created.contains(role),
                Subject::All => self.is_all && !is_superusers,
                Subject::Tablespace | Subject::None => false,
            };
            if is_it {
                sql.write_all(&self.granted(statement, &tokens))?;
            }
        }
        Ok(())
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
        let created = self.cluster.statements.iter().filter_map(|statement| {
            let mut tokens = Tokens::new(statement);
            let name = tokens.after(&["CREATE", "TABLESPACE"])?.next()?;
            name.name().map(<[u8]>::to_vec)
        });
        let created = created.filter(|_| self.is_all);
        created.chain(needed.iter().cloned()).collect()
    }

    pub(super) fn create_tablespaces(&self, needed: &Names, sql: &mut impl Write) -> Result<()> {
        const IN_PLACE: &[u8] = b"SET allow_in_place_tablespaces = on;\n";
        sql.write_all(IN_PLACE)?;
        if !self.is_all || self.cluster.statements.is_empty() {
            return needed.iter().try_for_each(|name| {
                let create = [b"CREATE TABLESPACE ", &quoted(name)[..], b" LOCATION '';\n"];
                sql.write_all(&create.concat())
            });
        }
        for statement in &self.cluster.statements {
            let tokens: Vec<_> = Tokens::new(statement).collect();
            match subject(&tokens) {
                Subject::Session => sql.write_all(statement)?,
                Subject::Tablespace => sql.write_all(&in_place(statement))?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether it is initdb's role, here and there.
    fn is_same(&self, role: &[u8]) -> bool {
        let is_it = |superuser: &Option<Vec<u8>>| superuser.as_deref() == Some(role);
        self.is_all && is_it(&self.superuser) && is_it(&self.server.superuser)
    }

    /// The statement without GRANTED BY where that would not go through.
    fn granted(&self, statement: &[u8], tokens: &[Token<'_>]) -> Vec<u8> {
        let [.., granted, by, grantor, Token::Symbol(b';')] = tokens else {
            return statement.to_vec();
        };
        let grantor = grantor.name();
        let is_kept = match &self.server.superuser {
            None => true,
            there if there.as_deref() == grantor => true,
            _ => {
                self.superuser.as_deref() != grantor
                    && grantor.is_some_and(|it| self.created.contains(it))
            }
        };
        if is_kept || !granted.is("GRANTED") || !by.is("BY") {
            return statement.to_vec();
        }
        let mut places = Tokens::new(statement);
        let mut start = 0;
        for _ in 0..tokens.len() - 4 {
            start = places
                .next_with_place()
                .map_or(start, |(_, place)| place.end);
        }
        [&statement[..start], b";\n"].concat()
    }
}

/// Those of the roles that the server lacks, and those whose members they are, and so on, where it lacks these too.
fn with_groups(cluster: &Cluster, needed: &Names, server: &Server) -> Names {
    let mut groups = BTreeMap::<Vec<u8>, Vec<Vec<u8>>>::new();
    for statement in &cluster.statements {
        let tokens: Vec<_> = Tokens::new(statement).collect();
        if let [verb, group, to, member, ..] = &tokens[..]
            && verb.is("GRANT")
            && to.is("TO")
            && let (Some(group), Some(member)) = (group.name(), member.name())
        {
            let of_member = groups.entry(member.to_vec()).or_default();
            of_member.push(group.to_vec());
        }
    }
    let mut found = Names::new();
    let mut next: Vec<_> = needed.iter().cloned().collect();
    while let Some(role) = next.pop() {
        if !server.has(&role) && found.insert(role.clone()) {
            next.extend(groups.remove(&role).unwrap_or_default());
        }
    }
    found
}

fn subject<'a>(tokens: &'a [Token<'_>]) -> Subject<'a> {
    let [verb, noun, ..] = tokens else {
        return Subject::None;
    };
    let on = tokens.iter().position(|token| token.is("ON"));
    let kind = on.and_then(|on| tokens.get(on + 1));
    let is_on = |word: &str| kind.is_some_and(|kind| kind.is(word));
    let after = |word: &str| {
        let place = tokens.iter().position(|token| token.is(word));
        place.and_then(|place| tokens.get(place + 1)?.name())
    };
    let of = |role: Option<&'a [u8]>| match role {
        None | Some(b"public" | b"PUBLIC") => Subject::All,
        Some(role) => Subject::Role(role),
    };
    if verb.is("DROP") {
        Subject::None
    } else if verb.is("SET") {
        Subject::Session
    } else if noun.is("TABLESPACE") || is_on("TABLESPACE") {
        Subject::Tablespace
    } else if is_on("ROLE") {
        of(on.and_then(|on| tokens.get(on + 2)?.name()))
    } else if verb.is("GRANT") || verb.is("REVOKE") {
        of(after("TO").or_else(|| after("FROM")))
    } else {
        of(role(tokens).filter(|_| !tokens[2].is("ALL")))
    }
}

/// Whether it could keep the role from logging in.
fn shuts_out(tokens: &[Token<'_>]) -> bool {
    let words = ["NOLOGIN", "LIMIT", "VALID"];
    tokens[0].is("CREATE") || tokens.iter().any(|it| words.iter().any(|word| it.is(word)))
}

/// The statement with LOCATION emptied, if it creates a tablespace.
fn in_place(statement: &[u8]) -> Vec<u8> {
    let mut tokens = Tokens::new(statement);
    let is_it = tokens.after(&["CREATE", "TABLESPACE"]).is_some();
    let is_location = |token: Token<'_>| token.is("LOCATION");
    if !is_it || !tokens.any(is_location) {
        return statement.to_vec();
    }
    let place = tokens.next_with_place().map(|(_, place)| place);
    let place = place.unwrap_or(statement.len()..statement.len());
    [&statement[..place.start], b"''", &statement[place.end..]].concat()
}
