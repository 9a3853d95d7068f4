//! The globals, which a single database's dump leaves out: roles, memberships and tablespaces, and what
//! recreates databases empty, with their owner, encoding, locale, rights, settings and comment.
//!
//! Roles, memberships and tablespaces come from `pg_dumpall --globals-only`; the settings of all roles,
//! which it leaves out, from psql; what recreates a database from `pg_dump --create` with options that
//! select no object in it, so that no lock is taken. Put together in pg_dumpall's own order, its end marker
//! last, they are a dump of a cluster without tables: one psql restores it, and `--check` reads it.
//!
//! With databases it has to go through in an empty server, so three things are changed. The role
//! that initdb made is created only where it is missing; `postgres` and `template1` are not created;
//! and a session that a database's own setting makes read-only may write.

use crate::check::{Cluster, Key, Statement, created_role};
use crate::child::Stopper;
use crate::dump::ending::Form;
use crate::dump::{held, write_seal};
use crate::error::Error;
use crate::list::{OF_INITDB, ask};
use crate::request::{Options, Target};
use crate::stdio;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::iter;
use std::os::unix::ffi::OsStrExt;

const NO_PASSWORDS: [&str; 2] = [
    "globals: without the roles' passwords, which this user may not read",
    "hint: set them again after a restore, or have a superuser make this dump",
];

/// Options that leave of a database's dump nothing but its own statements (tried with 15, 16 and 18).
const OWN_STATEMENTS: [&str; 4] = [
    "--create",
    "--schema-only",
    "--table=pg_catalog.pg_class",
    "--exclude-table=pg_catalog.pg_class",
];

/// `ALTER ROLE ALL SET`, which is in no dump of pg_dumpall. Of the settings that are lists of names the
/// values are kept with these in double quotes where they need them; pg_dump's `variable_is_guc_list_quote` has the same list.
const SETTINGS: &str = r#"
SELECT 'ALTER ROLE ALL SET ' || quote_ident(name) || ' TO ' || CASE
    WHEN name NOT IN ('local_preload_libraries', 'search_path', 'session_preload_libraries',
        'shared_preload_libraries', 'temp_tablespaces', 'unix_socket_directories') THEN quote_literal(value)
    WHEN value = '""' THEN quote_literal('') ELSE value END || E';\n'
FROM (SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value
    FROM pg_catalog.pg_db_role_setting, unnest(setconfig) AS setting
    WHERE setdatabase = 0 AND setrole = 0) AS settings ORDER BY name"#;

const DATABASES: &str = "SELECT datname FROM pg_catalog.pg_database";

/// Writes roles and tablespaces, then what recreates `databases`, empty, and the seal; nothing before all is
/// known to be whole. `options.target` has to be [`Target::Globals`]; its passwords are left out, with a
/// message, where they may not be read, and so is a database that does not exist, or has a line end in
/// its name.
///
/// # Errors
///
/// As [`dump`](crate::dump()): pg_dumpall fails, or pg_dump of any database.
pub(crate) fn dump_globals(
    options: &Options,
    databases: &[OsString],
    stopper: &Stopper,
    output: &mut impl Write,
) -> Result<(), Error> {
    let text = globals(options, databases, stopper)?;
    output.write_all(&text).map_err(Error::Write)?;
    write_seal(options, output)
}

fn globals(options: &Options, databases: &[OsString], stopper: &Stopper) -> Result<Vec<u8>, Error> {
    let mut whole = cluster(options, stopper)?;
    let settings = settings_of_all(options, stopper)?;
    if !databases.is_empty() {
        whole = with_existing_superuser(&whole);
    }
    let end = whole.split_off(start_of_end(&whole));
    whole.extend(settings);
    let mut seen = HashSet::new();
    for database in databases.iter().filter(|name| seen.insert(*name)) {
        whole.extend(recreated(options, database, stopper)?);
    }
    whole.extend(end);
    Ok(whole)
}

/// Statements that recreate `database`; none, with a message, where that cannot be or there is none.
#[allow(clippy::unnecessary_debug_formatting)] // a message is one line
fn recreated(options: &Options, database: &OsStr, stopper: &Stopper) -> Result<Vec<u8>, Error> {
    if has_line_end(database) {
        let message = format!("globals: without what recreates database {database:?}");
        stdio::say(&message);
        return Ok(Vec::new());
    }
    let own = Options {
        target: Target::Database(database.to_owned()),
        arguments: OWN_STATEMENTS.map(OsString::from).to_vec(),
        ..options.clone()
    };
    match held(&own, stopper) {
        Ok(part) => Ok(made_writable(&part, database)),
        // Its own backup fails, and is a failure; the others are not to be without globals for that.
        Err(Error::Child { .. } | Error::NameTooLong(_))
            if is_missing(options, database, stopper) =>
        {
            let message = "does not exist: its definition is not in the globals";
            let message = format!("database {database:?} {message}");
            stdio::say(&message);
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

fn settings_of_all(options: &Options, stopper: &Stopper) -> Result<Vec<u8>, Error> {
    let mut answer = ask(options, stopper, SETTINGS).or_else(|error| {
        if let Error::Stopped = error {
            return Err(error);
        }
        let message = format!("globals: without ALTER ROLE ALL, if there is any: {error}");
        stdio::say(&message);
        Ok(Vec::new())
    })?;
    answer.retain(|byte| *byte != 0);
    Ok(answer)
}

/// Whether the server says that there is no such database.
fn is_missing(options: &Options, database: &OsStr, stopper: &Stopper) -> bool {
    let is_it = |name: &[u8]| name == database.as_bytes();
    let names = ask(options, stopper, DATABASES);
    names.is_ok_and(|names| !names.split(|byte| *byte == 0).any(is_it))
}

/// `pg_dump --create` refuses such a name, since psql could not connect to it.
fn has_line_end(database: &OsStr) -> bool {
    let mut bytes = database.as_bytes().iter();
    bytes.any(|byte| b"\n\r".contains(byte))
}

/// The output of `pg_dumpall --globals-only`: with the roles' passwords, else without and with a warning.
/// It is held until it is known to be whole, since a first attempt may fail half way.
fn cluster(options: &Options, stopper: &Stopper) -> Result<Vec<u8>, Error> {
    match held(options, stopper) {
        Err(Error::Child {
            is_password_refusal: true,
            ..
        }) => {
            let target = Target::Globals { passwords: false };
            let options = Options {
                target,
                ..options.clone()
            };
            let text = held(&options, stopper)?;
            NO_PASSWORDS.into_iter().for_each(stdio::say);
            Ok(text)
        }
        outcome => outcome,
    }
}

/// Where the end marker's comment begins; the dump is known to be whole.
fn start_of_end(dump: &[u8]) -> usize {
    let end = ["--", Form::Cluster.marker(), "--", "", ""].join("\n");
    dump.len().saturating_sub(end.len())
}

/// `dump`, changed so that it also goes through where the role that initdb made exists already.
fn with_existing_superuser(dump: &[u8]) -> Vec<u8> {
    let pieces = pieces(dump);
    let mut seen = Cluster::default();
    for piece in &pieces {
        seen.record(piece);
    }
    let superuser = seen.superuser();
    let created = |piece: &[u8]| superuser.is_some() && created_role(piece) == superuser;
    let changed = |piece: &&[u8]| {
        if created(piece) {
            if_missing(piece)
        } else {
            piece.to_vec()
        }
    };
    pieces.iter().flat_map(changed).collect()
}

/// `dump` of `database`, changed so that it also goes through where a setting makes sessions read-only,
/// and does not create what initdb has created.
fn made_writable(dump: &[u8], database: &OsStr) -> Vec<u8> {
    let is_there = OF_INITDB.iter().any(|name| database == *name);
    let mut changed = Vec::new();
    for piece in pieces(dump) {
        if is_there && piece.starts_with(b"CREATE DATABASE ") {
            continue;
        }
        changed.extend_from_slice(piece);
        if piece.starts_with(b"\\restrict ") {
            changed.extend(b"\nSET default_transaction_read_only = off;\n");
        }
    }
    changed
}

/// Statements, and the lines between them.
fn pieces(dump: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut statement = Statement::new(Key::default());
    let mut start = 0;
    let mut end = 0;
    for line in dump.split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        let is_between = statement.is_empty() && matches!(line[0], b'\n' | b'-' | b'\\');
        if !is_between {
            statement.push(line);
        }
        if is_between || statement.is_complete() {
            statement.clear();
            pieces.push(&dump[start..end]);
            start = end;
        }
    }
    pieces.push(&dump[start..]);
    pieces
}

/// `CREATE ROLE`, in a block that gives a notice instead of an error where the role exists.
fn if_missing(statement: &[u8]) -> Vec<u8> {
    let mut block = b"DO 'BEGIN ".to_vec();
    for &byte in statement {
        let copies = if byte == b'\'' { 2 } else { 1 };
        block.extend(iter::repeat_n(byte, copies));
    }
    let end = b"EXCEPTION WHEN duplicate_object THEN RAISE NOTICE ''%'', SQLERRM; END';\n";
    block.extend(end);
    block
}
