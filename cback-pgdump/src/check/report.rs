//! What is in a dump, as lines for people and `diff`, and as JSON for programs.

use super::contents::{Contents, Entry, Item};
use super::names::{printable, spelled};
use serde_json::{Value, json};

/// Of each table a line with name, rows, bytes and fingerprint, separated by tabs; one line for
/// all sequences and one for all large objects; in a cluster's dump, of each database. Sorted by
/// bytes, as `LC_ALL=C sort` does.
pub fn lines(contents: &Contents) -> Vec<u8> {
    let mut lines = Vec::new();
    for (name, entry) in named(contents) {
        let Entry {
            rows,
            bytes,
            fingerprint,
        } = entry;
        lines.extend(printable(&name));
        lines.extend(format!("\t{rows}\t{bytes}\t{fingerprint:016x}\n").bytes());
    }
    lines
}

/// The same, in the same order, as one JSON object on one line, with the versions, and what a restore
/// needs besides.
///
/// Bytes that are not UTF-8 are replaced by U+FFFD.
pub fn json(contents: &Contents) -> Vec<u8> {
    let (tables, sum) = contents.tables();
    let needs = &contents.needs;
    let entries = named(contents).into_iter();
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
        "contents": entries.map(|(name, entry)| entry_json(&name, entry)).collect::<Value>(),
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

/// The entries and their names, `table` or `database.table`, in the order in which they are listed.
fn named(contents: &Contents) -> Vec<(Vec<u8>, Entry)> {
    let named = contents.entries.iter().map(|((database, item), entry)| {
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
    });
    let mut named: Vec<_> = named.collect();
    named.sort_by_cached_key(|(name, _)| printable(name));
    named
}
