//! The report of what is in a dump, and the plan of how to restore it into an empty server, for a shell
//! script to eval.
//!
//! The script needs no SQL of its own: what has to be run before the dump is written down here, by
//! the code that has read the statements. Both are written a piece at a time, since all of it would take
//! memory without a bound.

use super::contents::{Contents, Item, Kind};
use super::fingerprint::Entry;
use super::needs::Needs;
use super::token::{literal, quoted};
use shlex::bytes::Quoter;
use std::io::{Result, Write};

/// The database that a dump without CREATE DATABASE is restored into.
const RESTORED: &str = "restored";

/// Encodings that only clients have: see "Supported Character Sets" in PostgreSQL's manual.
#[rustfmt::skip]
const CLIENT_ONLY: [&str; 7] = ["BIG5", "GB18030", "GBK", "JOHAB", "SJIS", "SHIFT_JIS_2004", "UHC"];

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
    let version = &contents.pg_dump_version;
    let major = version.split(|c: char| !c.is_ascii_digit()).next();
    let superuser = contents.cluster.superuser();
    let superuser = superuser.unwrap_or_else(|| b"postgres".to_vec());
    let (connect, database) = databases(contents);
    let tables = contents.sum(Item::Table);
    let sum = |item| contents.sum(item).1.rows.to_string();
    for (name, value) in [
        ("kind", contents.kind.word().as_bytes()),
        ("server_version", contents.server_version.as_bytes()),
        ("pg_dump_version", version.as_bytes()),
        ("pg_dump_major", major.unwrap_or_default().as_bytes()),
        ("encoding", contents.encoding.as_bytes()),
        ("superuser", &superuser),
        ("connect", connect.as_bytes()),
        ("database", database),
        ("dump_options", contents.dump_options().join(" ").as_bytes()),
        ("tables", tables.0.to_string().as_bytes()),
        ("rows", tables.1.rows.to_string().as_bytes()),
        ("sequences", sum(Item::Sequences).as_bytes()),
        ("large_objects", sum(Item::LargeObjects).as_bytes()),
        ("bytes", contents.bytes.to_string().as_bytes()),
    ] {
        assign(output, name, |value_of| value_of.write_all(value))?;
    }
    assign(output, "prepare", |sql| prepare(contents, sql))?;
    assign(output, "roles", |sql| roles(contents, &superuser, sql))?;
    assign(output, "offset", |value| {
        write!(value, "{}", contents.offset)
    })?;
    assign(output, "missing", |sql| missing(&contents.needs, sql))
}

/// Writes `name=` and what `value` writes, in quotes.
fn assign<W: Write>(
    output: &mut W,
    name: &str,
    value: impl FnOnce(&mut Quoted<'_, W>) -> Result<()>,
) -> Result<()> {
    write!(output, "{name}=")?;
    value(&mut Quoted(output))?;
    output.write_all(b"\n")
}

/// Writes pieces of a value, each in quotes for a shell.
struct Quoted<'a, W>(&'a mut W);

impl<W: Write> Write for Quoted<'_, W> {
    fn write(&mut self, piece: &[u8]) -> Result<usize> {
        // No value of a dump holds a NUL, the one thing that cannot be quoted.
        let quoted = Quoter::new().quote(piece).unwrap_or_default();
        self.0.write_all(&quoted).map(|()| piece.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

/// The database that psql has to connect to for the dump, and the one that holds its data afterwards.
fn databases(contents: &Contents) -> (&str, &[u8]) {
    match (contents.kind, &contents.created) {
        (Kind::Database, None) => (RESTORED, RESTORED.as_bytes()),
        (Kind::Database, Some(created)) => ("postgres", created),
        _ => ("postgres", b""),
    }
}

/// SQL to be run first: tablespaces, and the database; or a cluster's own part.
fn prepare(contents: &Contents, sql: &mut impl Write) -> Result<()> {
    if contents.kind != Kind::Database {
        let mut statements = contents.cluster.statements.iter();
        return statements.try_for_each(|statement| sql.write_all(statement));
    }
    encoding(contents, sql)?;
    for name in &contents.needs.tablespaces {
        sql.write_all(b"SET allow_in_place_tablespaces = on;\n")?;
        let create = [b"CREATE TABLESPACE ", &quoted(name)[..], b" LOCATION '';\n"];
        sql.write_all(&create.concat())?;
    }
    if contents.created.is_none() {
        create_database(&contents.encoding, sql)?;
    }
    Ok(())
}

/// With the locale C.UTF-8, which every Debian has, if the encoding is UTF8; with C otherwise, since
/// PostgreSQL refuses C.UTF-8 then.
fn create_database(encoding: &str, sql: &mut impl Write) -> Result<()> {
    let is_for_clients = encoding.is_empty() || CLIENT_ONLY.contains(&encoding);
    let encoding = if is_for_clients { "UTF8" } else { encoding };
    let locale = if encoding == "UTF8" { "C.UTF-8" } else { "C" };
    let create =
        format!("CREATE DATABASE {RESTORED} TEMPLATE template0 LOCALE '{locale}' ENCODING ");
    sql.write_all(&[create.as_bytes(), &literal(encoding.as_bytes()), b";\n"].concat())
}

/// The roles that the dump names, plain ones where that will do.
fn roles(contents: &Contents, superuser: &[u8], sql: &mut impl Write) -> Result<()> {
    encoding(contents, sql)?;
    let needs = &contents.needs;
    let major = contents
        .server_version
        .split(|it: char| !it.is_ascii_digit());
    let major: Option<u32> = { major }.next().and_then(|it| it.parse().ok());
    let before_16 = major.is_none_or(|major| major < 16);
    let mut missing = needs.roles.iter().filter(|it| *it != superuser);
    missing.try_for_each(|name| {
        let is_superuser =
            needs.superusers.contains(name) || before_16 && needs.subscribers.contains(name);
        let attribute: &[u8] = if is_superuser { b" SUPERUSER" } else { b"" };
        let create = [
            b"CREATE ROLE ",
            &quoted(name)[..],
            attribute,
            b" NOLOGIN;\n",
        ];
        sql.write_all(&create.concat())
    })
}

fn encoding(contents: &Contents, sql: &mut impl Write) -> Result<()> {
    if contents.encoding.is_empty() {
        return Ok(());
    }
    let encoding = literal(contents.encoding.as_bytes());
    sql.write_all(&[b"SET client_encoding = ", &encoding[..], b";\n"].concat())
}

/// A query for what the server lacks.
fn missing(needs: &Needs, sql: &mut impl Write) -> Result<()> {
    sql.write_all(b"SELECT 'extension ' || name FROM unnest(ARRAY[NULL")?;
    for name in &needs.extensions {
        sql.write_all(&[b", ", &literal(name)[..]].concat())?;
    }
    sql.write_all(b"]::text[]) AS name\nWHERE name NOT IN ")?;
    sql.write_all(b"(SELECT name FROM pg_catalog.pg_available_extensions);\n")
}
