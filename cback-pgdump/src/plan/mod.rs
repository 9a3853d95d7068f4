//! The plan of a restore: files in a directory, each for one step of a script that knows no SQL of its own.
//!
//! Written by the code that has read the statements, once the dump is known to be whole (`objects` before, and removed
//! where it is not), and a piece at a time, since all of it would take memory without a bound. Names in files end in
//! NUL, without quotes, in the
//! dump's encoding. SQL is psql's, `:"cback_database"` the name of the database that is made.
//!
//! | file | |
//! |---|---|
//! | `facts` | assignments for a shell, each short: see `facts` |
//! | `tables`, `objects` | the lines of `--check`, and of `--check --objects` |
//! | `needs` | roles that the dump names; `superusers` those of them that have to be superusers |
//! | `created-roles` | those that `roles.sql` creates |
//! | `lacking-roles` | those that neither the server has nor the dump creates; `plain-roles.sql` creates them |
//! | `initdbs-roles` | the role that initdb made for the server that was dumped, or an empty name; then the server's own, where the dump has none of that name |
//! | `roles.sql` | creates the dump's roles; `superuser.sql`, run last, changes the server's, and all roles' settings, to what they were |
//! | `needed-tablespaces` | `tablespaces.sql` creates them in the server's own directory |
//! | `lacks.sql` | a query for what the server lacks |
//! | `create.sql` | makes the database; `configure.sql` before its data, `settle.sql` after them |
//! | `names` | databases that a cluster's `script` creates, as `:cback_prefix` and 1, 2, ...; the one, if its dump has a name |
//! | `script` | for `--script`; `script.postgres`, `script.template1` for these two of a cluster |

mod bodies;
mod facts;
mod files;
mod lacks;
mod roles;

pub(crate) use facts::write as write_facts;
pub(crate) use files::create;

use crate::check::{Contents, Fault, Kind, Part, Section, write_lines};
use crate::list::OF_INITDB;
use crate::names;
use anyhow::ensure;
use files::{Plan, restrict};
use roles::{Roles, Wanted};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Written while the dump is read; the other files follow.
pub(crate) const OBJECTS: &str = "objects";

/// Names of roles that only rights and owners name.
pub(crate) const LACKING_ROLES: &str = "lacking-roles";
pub(crate) const INITDBS_ROLES: &str = "initdbs-roles";

/// A file of names that has no more than this is ample for 100,000 roles, in bytes.
const LONGEST: u64 = 8 << 20;

/// Where the plan is made, and for whom.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) directory: &'a Path,
    /// The roles that the server has.
    pub(crate) existing_roles: Option<&'a Path>,
    /// The plan of the database's dump that the dump in question has the globals for.
    pub(crate) globals_for: Option<&'a Path>,
}

/// Writes the plan. What the dump needs that it has the globals for, it needs too.
///
/// # Errors
///
/// A file cannot be read or written, or the one database is not there.
pub(crate) fn write(contents: &mut Contents, request: &Request<'_>) -> anyhow::Result<()> {
    let wanted = match request.globals_for {
        Some(other) => add_needs(contents, other)?,
        None if contents.one.is_none() => Wanted::All,
        None => Wanted::Needed,
    };
    if contents.server_major().is_none_or(|major| major < 16) {
        let needs = &mut contents.needs;
        needs.superusers.append(&mut needs.subscribers);
    }
    let plan = Plan {
        directory: request.directory,
        encoding: &contents.encoding,
    };
    plan.file("tables", |it| write_lines(contents, it))?;
    plan.file("facts", |it| facts::write(contents, it))?;
    globals(contents, request, wanted, &plan)?;
    if contents.kind == Kind::Database || contents.one.is_some() {
        single(contents, &plan, request.globals_for.is_some())
    } else {
        cluster(contents, &plan)
    }
}

/// Adds what the database needs whose plan this is. The same name may be other bytes in another encoding.
fn add_needs(contents: &mut Contents, plan: &Path) -> anyhow::Result<Wanted> {
    let needs = &mut contents.needs;
    for (names, file) in [
        (&mut needs.roles, "needs"),
        (&mut needs.superusers, "superusers"),
        (&mut needs.tablespaces, "needed-tablespaces"),
    ] {
        names.extend(names::read(&plan.join(file), LONGEST)?);
    }
    let facts = facts::read(plan)?;
    let has_fact = |fact: &str| facts.lines().any(|it| it == fact);
    let is_same_encoding = has_fact(&format!("encoding={}", contents.cluster.encoding));
    let is_known = |role: &Vec<u8>| is_same_encoding || role.is_ascii();
    let is_any = has_fact("role_data=yes") || !needs.roles.iter().all(is_known);
    needs.roles.retain(is_known);
    Ok(if is_any {
        Wanted::AllRoles
    } else {
        Wanted::Needed
    })
}

/// The files about roles and tablespaces, and about what a server lacks.
fn globals(
    contents: &Contents,
    request: &Request<'_>,
    wanted: Wanted,
    plan: &Plan<'_>,
) -> anyhow::Result<()> {
    let existing = match request.existing_roles {
        Some(file) => names::read(file, LONGEST)?,
        // A new server, whose initdb has made this role.
        None => vec![contents.cluster.superuser().unwrap_or(b"postgres").to_vec()],
    };
    let needs = &contents.needs;
    let roles = Roles::choose(contents, &existing, wanted);
    let tablespaces = roles.tablespaces();
    plan.names("needs", &needs.roles)?;
    plan.names("superusers", &needs.superusers)?;
    plan.names("created-roles", &roles.created)?;
    plan.names(LACKING_ROLES, &roles.lacking)?;
    plan.names(INITDBS_ROLES, roles.initdbs())?;
    plan.names("needed-tablespaces", &tablespaces)?;
    let restrict = |word| restrict(word, contents);
    let own = |file: &str, write: &dyn Fn(&mut BufWriter<File>) -> io::Result<()>| {
        plan.sql(file, |it| {
            it.write_all(&restrict("restrict"))?;
            write(it)?;
            it.write_all(&restrict("unrestrict"))
        })
    };
    own("roles.sql", &|it| roles.create(it))?;
    own("superuser.sql", &|it| roles.change_superuser(it))?;
    own("tablespaces.sql", &|it| roles.create_tablespaces(it))?;
    plan.sql("plain-roles.sql", |it| roles.create_plain(it))?;
    plan.sql("lacks.sql", |it| lacks::write(needs, &tablespaces, it))
}

/// The files for one database: of globals only what recreates it, if they have that.
fn single(contents: &Contents, plan: &Plan<'_>, is_of_globals: bool) -> anyhow::Result<()> {
    let is_one = |it: &&Section| contents.one.is_none() || it.database == contents.one;
    let Some(section) = contents.sections.iter().find(is_one) else {
        ensure!(is_of_globals, Fault::no_database(contents));
        return Ok(());
    };
    let is_made = contents.databases.has(section, Part::Create);
    if is_made || !is_of_globals {
        plan.sql("create.sql", |it| bodies::create(contents, section, it))?;
    }
    for (file, part) in [
        ("configure.sql", Part::Configure),
        ("settle.sql", Part::Settle),
    ] {
        plan.sql(file, |it| bodies::statements(contents, section, part, it))?;
    }
    if is_of_globals {
        return Ok(());
    }
    plan.names("names", &section.database)?;
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
                bodies::of_existing(contents, section, database, it)
            })?;
        }
    }
    Ok(())
}
