//! What is in a dump, for people, for `diff`, and for programs.

use super::contents::{Contents, Entry, Item};
use super::names::{printable, spelled};
use serde_json::{Value, json};

/// Of each table a line with name, rows, bytes and fingerprint, parted by tabs; one line for
/// all sequences and one for all large objects; in a cluster's dump, of each database. Sorted by
/// bytes, as `LC_ALL=C sort` does.
pub fn lines(contents: &Contents) -> Vec<u8> {
    let mut lines: Vec<_> = named(contents)
        .map(|(name, entry)| {
            let Entry {
                rows,
                bytes,
                fingerprint,
            } = entry;
            let numbers = format!("\t{rows}\t{bytes}\t{fingerprint:016x}\n");
            [printable(&name), numbers.into_bytes()].concat()
        })
        .collect();
    lines.sort_unstable();
    lines.concat()
}

/// The same as one JSON object on one line, with the versions, and what a restore needs.
///
/// Bytes that are no UTF-8 are replaced: U+FFFD stands for them.
pub fn json(contents: &Contents) -> Vec<u8> {
    let (tables, sum) = contents.tables();
    let needs = &contents.needs;
    let mut entries: Vec<_> = named(contents).collect();
    entries.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let entries: Vec<_> = entries
        .into_iter()
        .map(|(name, entry)| entry_json(&name, entry))
        .collect();
    let report = json!({
        "kind": contents.kind.word(),
        "server_version": contents.server_version,
        "pg_dump_version": contents.pg_dump_version,
        "encoding": contents.encoding,
        "bytes": contents.bytes,
        "tables": tables,
        "rows": sum.rows,
        "needs": {
            "roles": strings(&needs.roles),
            "tablespaces": strings(&needs.tablespaces),
            "extensions": strings(&needs.extensions),
        },
        "contents": entries,
    });
    format!("{report}\n").into_bytes()
}

fn entry_json(name: &[u8], entry: Entry) -> Value {
    json!({
        "name": String::from_utf8_lossy(name),
        "rows": entry.rows,
        "bytes": entry.bytes,
        "fingerprint": format!("{:016x}", entry.fingerprint),
    })
}

fn strings<'a>(names: impl IntoIterator<Item = &'a Vec<u8>>) -> Value {
    names
        .into_iter()
        .map(|name| String::from_utf8_lossy(name))
        .collect()
}

/// The entries by their names: `table`, or `database.table`.
fn named(contents: &Contents) -> impl Iterator<Item = (Vec<u8>, Entry)> {
    contents.entries.iter().map(|((database, item), entry)| {
        let name = match item {
            Item::Table(name) => name,
            Item::Sequences => &b"sequences"[..],
            Item::LargeObjects => b"large objects",
            Item::Globals(heading) => heading.as_bytes(),
        };
        let name = match database {
            Some(database) => [&spelled(database), &b"."[..], name].concat(),
            None => name.to_vec(),
        };
        (name, *entry)
    })
}
