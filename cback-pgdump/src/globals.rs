//! The globals, which a single database's dump leaves out: roles, memberships and tablespaces, and what
//! recreates databases empty.
//!
//! Roles, memberships and tablespaces come from `pg_dumpall --globals-only`; the settings of all roles,
//! which it leaves out, from psql, and so does what recreates databases. Put together in pg_dumpall's own order,
//! its end marker last, they are a dump of a cluster without tables: one psql restores it, and `--check` reads it.
//!
//! With databases it has to go through in an empty server, so the role that initdb made is created only where it
//! is missing.

use crate::check::{Cluster, Statement, Subject, literal, tokens};
use crate::child::Stopper;
use crate::databases::{SETTINGS, definitions};
use crate::dump::ending::Form;
use crate::dump::{held, write_seal};
use crate::error::Error;
use crate::list::ask;
use crate::request::{Options, Target};
use crate::stdio;
use std::ffi::OsString;
use std::io::Write;

const NO_PASSWORDS: [&str; 2] = [
    "globals: without the roles' passwords, which this user may not read",
    "hint: set them again after a restore, or have a superuser make this dump",
];

/// Writes roles and tablespaces, then what recreates `databases`, empty, and the seal; nothing before all is
/// known to be whole. `options.target` has to be [`Target::Globals`]; its passwords are left out, with a
/// message, where they may not be read, and so is a database that does not exist, or whose name the
/// server's encoding has not.
///
/// # Errors
///
/// As [`dump`](crate::dump()): pg_dumpall fails, or what recreates databases cannot be had.
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
    let answer = match ask(options, stopper, &of_all_roles()) {
        Err(Error::Stopped) => return Err(Error::Stopped),
        answer => answer,
    };
    let passwords = answer.as_ref().map_or(true, |it| !it.ends_with(b"\0f\0"));
    let options = &Options {
        target: Target::Globals { passwords },
        ..options.clone()
    };
    let mut whole = held(options, stopper)?;
    if !passwords {
        NO_PASSWORDS.into_iter().for_each(stdio::say);
    }
    if !databases.is_empty() {
        whole = with_existing_superuser(&whole);
    }
    let end = whole.split_off(start_of_end(&whole));
    match answer {
        Ok(settings) => whole.extend(settings.split(|byte| *byte == 0).next().unwrap_or_default()),
        Err(error) => stdio::say(&format!(
            "globals: without ALTER ROLE ALL, if there is any: {error}"
        )),
    }
    whole.extend(definitions(options, databases, stopper)?);
    whole.extend(end);
    Ok(whole)
}

/// Asks for the server's version, as pg_dump tells it, and `ALTER ROLE ALL SET`, which are in no globals of pg_dumpall's;
/// and whether this role may read the others' passwords.
fn of_all_roles() -> String {
    format!(
        "SELECT '-- Dumped from database version ' || current_setting('server_version') || E'\\n' \
         || coalesce('SET client_encoding = ' || quote_literal(getdatabaseencoding()) || E';\\n' \
         || string_agg('ALTER ROLE ALL SET ' || setting || E';\\n', '' ORDER BY setting), ''), \
         has_table_privilege('pg_authid', 'SELECT') \
         FROM {SETTINGS} WHERE setdatabase = 0 AND setrole = 0"
    )
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
    let changed = |piece: &&[u8]| match Subject::read(&tokens(piece)) {
        Subject::New(role) if Some(&role[..]) == superuser => if_missing(piece),
        _ => piece.to_vec(),
    };
    pieces.iter().flat_map(changed).collect()
}

/// Statements, and the lines between them.
fn pieces(dump: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut statement = Statement::default();
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
    let end = b"EXCEPTION WHEN duplicate_object THEN RAISE NOTICE '%', SQLERRM; END";
    let block = literal(&[b"BEGIN ", statement, end].concat());
    [b"DO ", &block[..], b";\n"].concat()
}
