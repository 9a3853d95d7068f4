//! The report of what is in a dump, and the plan of how to restore it into an empty server, for a shell
//! script to eval.
//!
//! The script needs no SQL of its own: what has to be run before the dump is written down here, by
//! the code that has read the statements. Both are written a piece at a time, since all of it would take
//! memory without a bound.

use super::contents::{Contents, Entry, Kind};
use super::token::{literal, quoted};
use shlex::bytes::Quoter;
use std::borrow::Cow;
use std::io::{Result, Write};

/// The database that a dump without CREATE DATABASE is restored into.
const RESTORED: &str = "restored";

/// Encodings that only clients have: see "Supported Character Sets" in PostgreSQL's manual.
const CLIENT_ONLY: [&str; 7] = [
    "BIG5",
    "GB18030",
    "GBK",
    "JOHAB",
    "SJIS",
    "SHIFT_JIS_2004",
    "UHC",
];

/// Writes of each table a line with name, rows, bytes and fingerprint, separated by tabs; one line for
/// all sequences and one for all large objects; in a cluster's dump, of each database. Sorted by
/// bytes, as `LC_ALL=C sort` does.
///
/// # Errors
///
/// Those of `output`.
pub fn write_lines(contents: &Contents, output: &mut impl Write) -> Result<()> {
    for (name, (_, entry)) in &contents.entries {
        let Entry {
            rows,
            bytes,
            fingerprint,
        } = entry;
        output.write_all(name)?;
        writeln!(output, "\t{rows}\t{bytes}\t{fingerprint:016x}")?;
    }
    Ok(())
}

/// Writes a POSIX assignment a line; values may hold line ends. In this order: `kind`, `server_version`,
/// `pg_dump_version`, `pg_dump_major`, `encoding`, `superuser`, `connect`, `database`,
/// `dump_options` (separated by blanks), `tables`, `rows` (of tables), `sequences`, `large_objects`,
/// `bytes`, `prepare`, `roles`, `offset`, `missing`.
///
/// # Errors
///
/// Those of `output`.
pub fn write_plan(contents: &Contents, output: &mut impl Write) -> Result<()> {
    let mut assign = |name: &str, value: &[u8]| assign(output, name, [value.into()]);
    let (tables, sum) = contents.tables();
    let version = &contents.pg_dump_version;
    let major = version.split(|c: char| !c.is_ascii_digit()).next();
    let superuser = superuser(contents);
    let (connect, database) = databases(contents);
    assign("kind", contents.kind.word().as_bytes())?;
    assign("server_version", contents.server_version.as_bytes())?;
    assign("pg_dump_version", version.as_bytes())?;
    assign("pg_dump_major", major.unwrap_or_default().as_bytes())?;
    assign("encoding", contents.encoding.as_bytes())?;
    assign("superuser", &superuser)?;
    assign("connect", connect.as_bytes())?;
    assign("database", database)?;
    assign("dump_options", contents.dump_options().join(" ").as_bytes())?;
    for (name, number) in [
        ("tables", tables),
        ("rows", sum.rows),
        ("sequences", contents.sequences()),
        ("large_objects", contents.large_objects()),
        ("bytes", contents.bytes),
    ] {
        assign(name, number.to_string().as_bytes())?;
    }
    if contents.kind == Kind::Database {
        self::assign(output, "prepare", prepare(contents))?;
    } else {
        let statements = contents.cluster.statements.iter();
        self::assign(output, "prepare", statements.map(Cow::from))?;
    }
    self::assign(output, "roles", roles(contents, &superuser))?;
    self::assign(
        output,
        "offset",
        [contents.offset.to_string().into_bytes().into()],
    )?;
    self::assign(output, "missing", missing(contents))
}

/// Writes `name='value'`; the value comes in parts, so that all of it need not be held.
fn assign<'a>(
    output: &mut impl Write,
    name: &str,
    value: impl IntoIterator<Item = Cow<'a, [u8]>>,
) -> Result<()> {
    write!(output, "{name}=")?;
    for part in value {
        // No part holds a NUL, the one thing that cannot be quoted.
        output.write_all(&Quoter::new().quote(&part).unwrap_or_default())?;
    }
    output.write_all(b"\n")
}

fn superuser(contents: &Contents) -> Vec<u8> {
    let superuser = contents.cluster.superuser();
    superuser.unwrap_or_else(|| b"postgres".to_vec())
}

/// The database that psql has to connect to for the dump, and the one that holds its data afterwards.
fn databases(contents: &Contents) -> (&str, &[u8]) {
    match (contents.kind, &contents.created) {
        (Kind::Database, None) => (RESTORED, RESTORED.as_bytes()),
        (Kind::Database, Some(created)) => ("postgres", created),
        _ => ("postgres", b""),
    }
}

/// SQL to be run before a database's dump: tablespaces, and the database.
fn prepare(contents: &Contents) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let tablespaces = &contents.needs.tablespaces;
    let in_place = b"SET allow_in_place_tablespaces = on;\n";
    let in_place = tablespaces.into_iter().take(1).map(|_| in_place[..].into());
    let create =
        |name: &Vec<u8>| statement(b"CREATE TABLESPACE ", &quoted(name), b" LOCATION '';\n");
    let created = contents.created.is_none();
    let database = created.then(|| create_database(&contents.encoding).into_bytes());
    std::iter::once(encoding(contents).into())
        .chain(in_place)
        .chain(tablespaces.into_iter().map(create))
        .chain(database.map(Cow::from))
}

fn statement(start: &[u8], name: &[u8], end: &[u8]) -> Cow<'static, [u8]> {
    [start, name, end].concat().into()
}

/// With the locale C.UTF-8, which every Debian has, if the encoding is UTF8; with C otherwise, since
/// PostgreSQL refuses C.UTF-8 then.
fn create_database(encoding: &str) -> String {
    let encoding = if encoding.is_empty() || CLIENT_ONLY.contains(&encoding) {
        "UTF8"
    } else {
        encoding
    };
    let locale = if encoding == "UTF8" { "C.UTF-8" } else { "C" };
    let encoding = String::from_utf8_lossy(&literal(encoding.as_bytes())).into_owned();
    format!(
        "CREATE DATABASE {RESTORED} TEMPLATE template0 ENCODING {encoding} LOCALE '{locale}';\n"
    )
}

/// The roles that the dump names, as superusers, so that whatever they own can be created.
fn roles<'a>(contents: &'a Contents, superuser: &'a [u8]) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let missing = contents.needs.roles.into_iter();
    let missing = missing.filter(move |name| *name != superuser);
    let create =
        |name: &Vec<u8>| statement(b"CREATE ROLE ", &quoted(name), b" SUPERUSER NOLOGIN;\n");
    std::iter::once(encoding(contents).into()).chain(missing.map(create))
}

fn encoding(contents: &Contents) -> Vec<u8> {
    if contents.encoding.is_empty() {
        return Vec::new();
    }
    [
        b"SET client_encoding = ",
        &literal(contents.encoding.as_bytes())[..],
        b";\n",
    ]
    .concat()
}

/// A query for what the server lacks.
fn missing(contents: &Contents) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let start = b"SELECT 'extension ' || name FROM unnest(ARRAY[NULL";
    let end = b"]::text[]) AS name\nWHERE name NOT IN (SELECT name FROM pg_catalog.pg_available_extensions);\n";
    let names = contents.needs.extensions.into_iter();
    let names = names.map(|name| statement(b", ", &literal(name), b""));
    std::iter::once(start[..].into())
        .chain(names)
        .chain(std::iter::once(end[..].into()))
}
