//! How to restore a dump into an empty server, for a shell script to eval.
//!
//! The script needs no SQL of its own: what has to be run before the dump is written down here, by
//! the code that has read the statements.

use super::contents::{Contents, Kind};
use super::names::{literal, quoted};
use shlex::bytes::Quoter;

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

/// A POSIX assignment a line; values may hold line ends. In this order: `kind`, `server_version`,
/// `pg_dump_version`, `pg_dump_major`, `encoding`, `superuser`, `connect`, `database`,
/// `dump_options`, `tables`, `rows`, `bytes`, `prepare`, `roles`, `offset`, `missing`.
pub fn plan(contents: &Contents) -> Vec<u8> {
    let mut plan = Vec::new();
    let mut assign = |name: &str, value: &[u8]| {
        // No value of a dump holds a NUL, the one thing that cannot be quoted.
        let value = Quoter::new().quote(value).unwrap_or_default();
        plan.extend([name.as_bytes(), b"=", &value, b"\n"].concat());
    };
    assign("kind", contents.kind.word().as_bytes());
    assign("server_version", contents.server_version.as_bytes());
    let version = &contents.pg_dump_version;
    assign("pg_dump_version", version.as_bytes());
    let major = version.split(|c: char| !c.is_ascii_digit()).next();
    assign("pg_dump_major", major.unwrap_or_default().as_bytes());
    assign("encoding", contents.encoding.as_bytes());
    let superuser = contents.superuser.as_deref().unwrap_or(b"postgres");
    assign("superuser", superuser);
    let (connect, database) = databases(contents);
    assign("connect", connect.as_bytes());
    assign("database", database);
    assign("dump_options", contents.inserts.as_bytes());
    let (tables, sum) = contents.tables();
    assign("tables", tables.to_string().as_bytes());
    assign("rows", sum.rows.to_string().as_bytes());
    assign("bytes", contents.bytes.to_string().as_bytes());
    assign("prepare", &prepare(contents));
    assign("roles", &roles(contents, superuser));
    assign("offset", contents.offset.to_string().as_bytes());
    assign("missing", &missing(contents));
    plan
}

/// The database that psql has to connect to for the dump, and the one that holds its data afterwards.
fn databases(contents: &Contents) -> (&str, &[u8]) {
    match (contents.kind, &contents.created) {
        (Kind::Database, None) => (RESTORED, RESTORED.as_bytes()),
        (Kind::Database, Some(created)) => ("postgres", created),
        _ => ("postgres", b""),
    }
}

/// What psql runs first: tablespaces, and the database; or a cluster's own part.
fn prepare(contents: &Contents) -> Vec<u8> {
    if contents.kind != Kind::Database {
        return contents.prepare.clone();
    }
    let mut sql = encoding(contents);
    if !contents.needs.tablespaces.is_empty() {
        sql.extend(b"SET allow_in_place_tablespaces = on;\n");
    }
    for name in &contents.needs.tablespaces {
        sql.extend([b"CREATE TABLESPACE ", &quoted(name)[..], b" LOCATION '';\n"].concat());
    }
    if contents.created.is_none() {
        sql.extend(create_database(&contents.encoding).bytes());
    }
    sql
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

/// The roles that the dump names, plain ones where that will do.
fn roles(contents: &Contents, superuser: &[u8]) -> Vec<u8> {
    let needs = &contents.needs;
    let before_16 = major(&contents.server_version).is_none_or(|major| major < 16);
    let mut sql = encoding(contents);
    for name in needs.roles.iter().filter(|name| *name != superuser) {
        let is_superuser =
            needs.superusers.contains(name) || before_16 && needs.subscribers.contains(name);
        let attribute: &[u8] = if is_superuser { b" SUPERUSER" } else { b"" };
        sql.extend(
            [
                b"CREATE ROLE ",
                &quoted(name)[..],
                attribute,
                b" NOLOGIN;\n",
            ]
            .concat(),
        );
    }
    sql
}

fn major(version: &str) -> Option<u32> {
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
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
fn missing(contents: &Contents) -> Vec<u8> {
    let names: Vec<_> = contents
        .needs
        .extensions
        .iter()
        .map(|name| literal(name))
        .collect();
    if names.is_empty() {
        return b"SELECT WHERE false;\n".to_vec();
    }
    [
        b"SELECT 'extension ' || name FROM unnest(ARRAY[",
        &names.join(&b", "[..])[..],
        b"]::text[]) AS name\nWHERE name NOT IN (SELECT name FROM pg_catalog.pg_available_extensions);\n",
    ]
    .concat()
}
