//! The plan of a restore: files in a directory, each for one step of a script that knows no SQL of its own.
//!
//! Written by the code that has read the statements, once the dump is known to be whole, and a piece at a
//! time, since all of it would take memory without a bound. Names in files end in NUL, without quotes, in the
//! dump's encoding. SQL is psql's, `:"cback_database"` the name of the database that is made.
//!
//! | file | |
//! |---|---|
//! | `facts` | assignments for a shell, each short: see `facts` |
//! | `tables` | the lines of `--check` |
//! | `needs` | roles that the dump names; `superusers` those of them that have to be superusers |
//! | `lacking-roles` | those that neither the server has nor the dump creates; `plain-roles.sql` creates them |
//! | `roles.sql` | creates the dump's roles; `superuser.sql` changes the server's to what it was |
//! | `needed-tablespaces` | `tablespaces.sql` creates them in the server's own directory |
//! | `lacks.sql` | a query for what the server lacks |
//! | `create.sql` | makes the database; `configure.sql` before its data, `settle.sql` after them |
//! | `names` | databases that a cluster's `script` creates, as `:cback_prefix` and 1, 2, ... |
//! | `script` | for `--script`; `script.postgres`, `script.template1` for these two of a cluster |

mod bodies;
mod facts;
mod lacks;
mod roles;
mod subject;

use crate::check::{Contents, Fault, Kind, Part, Section, literal, write_lines};
use crate::names;
use anyhow::{Context, ensure};
use roles::{Roles, Server};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// initdb creates them, so every server has them.
const OF_INITDB: [&str; 2] = ["postgres", "template1"];

/// A file of names that has no more than this is ample for 100,000 roles, in bytes.
const LONGEST: u64 = 8 << 20;

type Names = BTreeSet<Vec<u8>>;

/// Where the plan is made, and for whom.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) directory: &'a Path,
    /// The roles that the server has.
    pub(crate) existing_roles: Option<&'a Path>,
    /// The plan of the database's dump that the dump in question has the globals for.
    pub(crate) globals_for: Option<&'a Path>,
}

/// Writes the plan.
///
/// # Errors
///
/// A file cannot be read or written, or the one database is not there.
pub(crate) fn write(contents: &Contents, request: &Request<'_>) -> anyhow::Result<()> {
    let server = Server::read(request.existing_roles)?;
    let needs = Needed::read(contents, request.globals_for)?;
    let is_all = contents.one.is_none() && request.globals_for.is_none();
    let roles = Roles::choose(&contents.cluster, server, &needs.roles, is_all);
    let superuser = contents.cluster.superuser();
    let superuser = superuser.unwrap_or_else(|| b"postgres".to_vec());
    let plan = Plan(request.directory);
    plan.file("facts", |it| facts::write(contents, &superuser, it))?;
    plan.file("tables", |it| write_lines(contents, it))?;
    plan.names("needs", &needs.roles)?;
    plan.names("superusers", &needs.superusers)?;
    plan.names("lacking-roles", &roles.lacking)?;
    plan.file("plain-roles.sql", |it| {
        encoding(&contents.encoding, it)?;
        roles.create_plain(&needs.superusers, it)
    })?;
    plan.file("roles.sql", |it| {
        encoding(&contents.encoding, it)?;
        roles.create(it)
    })?;
    plan.file("superuser.sql", |it| roles.change_superuser(it))?;
    let tablespaces = roles.tablespaces(&needs.tablespaces);
    plan.names("needed-tablespaces", &tablespaces)?;
    plan.file("tablespaces.sql", |it| {
        encoding(&contents.encoding, it)?;
        roles.create_tablespaces(&needs.tablespaces, it)
    })?;
    plan.file("lacks.sql", |it| {
        encoding(&contents.encoding, it)?;
        lacks::write(&contents.needs, &tablespaces, it)
    })?;
    if contents.kind == Kind::Database || contents.one.is_some() {
        single(contents, &plan, request.globals_for.is_some())
    } else {
        cluster(contents, &plan)
    }
}

/// Names that a restore needs, of the dump and of the other's plan.
struct Needed {
    roles: Names,
    superusers: Names,
    tablespaces: Names,
}

impl Needed {
    fn read(contents: &Contents, other: Option<&Path>) -> anyhow::Result<Self> {
        let read = |file: &str| -> anyhow::Result<_> {
            let names = other.map(|it| names::read(&it.join(file), LONGEST));
            Ok(names.transpose()?.unwrap_or_default().into_iter())
        };
        let needs = &contents.needs;
        let major = contents.server_major();
        let mut superusers: Names = needs.superusers.iter().cloned().collect();
        if major.is_none_or(|major| major < 16) {
            superusers.extend(needs.subscribers.iter().cloned());
        }
        superusers.extend(read("superusers")?);
        Ok(Self {
            roles: read("needs")?.chain(needs.roles.iter().cloned()).collect(),
            superusers,
            tablespaces: read("needed-tablespaces")?
                .chain(needs.tablespaces.iter().cloned())
                .collect(),
        })
    }
}

/// The directory, of which the errors name each file.
struct Plan<'a>(&'a Path);

impl Plan<'_> {
    fn file(
        &self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let path = self.0.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let written = || {
            let mut file = BufWriter::new(options.open(&path)?);
            write(&mut file)?;
            file.flush()
        };
        written().with_context(|| path.display().to_string())
    }

    fn names<'b>(
        &self,
        file: &str,
        names: impl IntoIterator<Item = &'b Vec<u8>>,
    ) -> anyhow::Result<()> {
        let mut names = names.into_iter();
        self.file(file, |output| {
            names.try_for_each(|name| output.write_all(&[name, &b"\0"[..]].concat()))
        })
    }
}

/// The files for one database: of globals only what recreates it, if they have that.
fn single(contents: &Contents, plan: &Plan<'_>, is_of_globals: bool) -> anyhow::Result<()> {
    let is_one = |it: &&Section| contents.one.is_none() || it.database == contents.one;
    let Some(section) = contents.sections.iter().find(is_one) else {
        let missing = Fault::NoDatabase(contents.one_shown(), contents.others());
        return if is_of_globals {
            Ok(())
        } else {
            Err(missing.into())
        };
    };
    let is_made = contents.has_part(section, Part::Create);
    if is_made || !is_of_globals {
        plan.file("create.sql", |it| {
            encoding(&section.encoding, it)?;
            bodies::create(contents, section, it)
        })?;
    }
    for (file, part) in [
        ("configure.sql", Part::Configure),
        ("settle.sql", Part::Settle),
    ] {
        plan.file(file, |it| {
            encoding(&section.encoding, it)?;
            bodies::statements(contents, section, part, it)
        })?;
    }
    if is_of_globals {
        return Ok(());
    }
    plan.file("script", |it| bodies::single(contents, section, it))
}

fn cluster(contents: &Contents, plan: &Plan<'_>) -> anyhow::Result<()> {
    let are_named = contents.sections.iter().all(|it| it.database.is_some());
    ensure!(are_named, "a database's part has no \\connect");
    let name = |it: &&Section| it.database.clone().unwrap_or_default();
    let is_initdbs = |it: &&Section| OF_INITDB.iter().any(|own| name(it) == own.as_bytes());
    let (own, others): (Vec<_>, Vec<_>) = contents.sections.iter().partition(is_initdbs);
    plan.names("names", others.iter().filter_map(|it| it.database.as_ref()))?;
    plan.file("script", |it| bodies::cluster(contents, &others, it))?;
    for database in OF_INITDB {
        let mut of_it = own.iter().filter(|it| name(it) == database.as_bytes());
        if let Some(section) = of_it.next() {
            let file = format!("script.{database}");
            plan.file(&file, |it| {
                bodies::in_place(contents, section, database, it)
            })?;
        }
    }
    Ok(())
}

/// `SET client_encoding`, where it is known.
fn encoding(encoding: &str, sql: &mut impl Write) -> io::Result<()> {
    if encoding.is_empty() {
        return Ok(());
    }
    let encoding = literal(encoding.as_bytes());
    sql.write_all(&[b"SET client_encoding = ", &encoding[..], b";\n"].concat())
}
