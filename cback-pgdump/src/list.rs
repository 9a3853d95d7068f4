//! The databases of a server that can be dumped, as the server's own catalog has them.
//!
//! A name is stored in the encoding of the database that it was created from, and those bytes are what a connection
//! needs.

use crate::child::Stopper;
use crate::dump::query;
use crate::error::Error;
use crate::request::Options;
use crate::stdio;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

/// initdb creates them, so every server has them. pg_dumpall connects to them, in this order.
pub(crate) const OF_INITDB: [&str; 2] = ["postgres", "template1"];

/// Names, and whether this role may connect. A connection limit of -2 marks what a DROP DATABASE has left that
/// was interrupted; pg_dumpall passes such databases over as well.
const DATABASES: &str = "SELECT datname, has_database_privilege(oid, 'CONNECT') \
    FROM pg_database WHERE datallowconn AND datconnlimit <> -2";

/// Nothing is lost without them: templates, and `postgres` while it is as initdb made it. Objects have numbers from
/// 16384 on if initdb did not make them; those of an extension are created with it.
const NO_TEMPLATES: &str = " AND NOT datistemplate AND (datname <> 'postgres' OR current_database() <> 'postgres'
    OR EXISTS (SELECT FROM pg_largeobject_metadata)
    OR EXISTS (SELECT FROM (
        SELECT 'pg_class'::regclass AS classid, oid FROM pg_class
            WHERE relkind IN ('r', 'v', 'm', 'f', 'p', 'S') AND relpersistence <> 't'
        UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc
        UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace
            WHERE nspname !~ '^pg_') AS object
        LEFT JOIN pg_depend ON objid = object.oid AND pg_depend.classid = object.classid AND deptype = 'e'
        WHERE object.oid >= 16384 AND objid IS NULL))";

/// The server tells sizes to roles that may connect, or may read all statistics. A database that goes
/// while it is asked makes the query fail.
const BY_SIZE: &str = " ORDER BY CASE WHEN has_database_privilege(oid, 'CONNECT') \
    OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid) END DESC NULLS LAST, datname";

const BY_NAME: &str = " ORDER BY datname";

/// Writes the names of the databases that the server lets be connected to, the largest first, each with a NUL after
/// it; without templates and an untouched `postgres` if `no_templates`. Tells of those that this role may not
/// connect to.
///
/// # Errors
///
/// psql cannot be run, or not connect, or `output` not be written to.
pub(crate) fn list(
    options: &Options,
    no_templates: bool,
    stopper: &Stopper,
    output: &mut impl Write,
) -> Result<(), Error> {
    let filter = if no_templates { NO_TEMPLATES } else { "" };
    let by = |order| ask(options, stopper, &[DATABASES, filter, order].concat());
    let answer = by(BY_SIZE).or_else(|error| match error {
        // psql's status where there was a connection, and the query has failed.
        Error::Child { status, .. } if status.code() == Some(1) => by(BY_NAME),
        error => Err(error),
    })?;
    let fields: Vec<_> = answer.split(|byte| *byte == 0).collect();
    let (databases, _) = fields.as_chunks::<2>();
    tell_of_closed(databases);
    let names = databases.iter().flat_map(|[name, _]| [name, &b"\0"[..]]);
    let names = names.collect::<Vec<_>>().concat();
    output.write_all(&names).map_err(Error::Write)
}

#[allow(clippy::unnecessary_debug_formatting)] // a message is one line
fn tell_of_closed(databases: &[[&[u8]; 2]]) {
    let mut closed = databases.iter().filter(|[_, is_open]| *is_open != b"t");
    let Some([first, _]) = closed.next() else {
        return;
    };
    let more = match closed.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let first = OsStr::from_bytes(first);
    stdio::say(&format!(
        "database {first:?}{more}: this user may not connect"
    ));
}

/// psql's answer, from the database that pg_dumpall would connect to: fields that each end in NUL.
pub(crate) fn ask(options: &Options, stopper: &Stopper, sql: &str) -> Result<Vec<u8>, Error> {
    let [first, second] = OF_INITDB.map(OsStr::new);
    let answer = query(options, stopper, first, sql, true);
    answer.or_else(|_| query(options, stopper, second, sql, false))
}
