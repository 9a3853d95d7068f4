//! What is in a dump, as lines for people and `diff`, and as JSON for programs.

use super::contents::{Contents, Entry, Names};
use serde_json::{Value, json, to_writer};
use std::io::{Result, Write};

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

/// Writes the same, in the same order, as one JSON object on one line, with the versions, and what a
/// restore needs besides. A piece at a time, since all of it would take memory without a bound.
///
/// Bytes that are not UTF-8 are replaced by U+FFFD.
///
/// # Errors
///
/// Those of `output`.
pub fn write_json(contents: &Contents, output: &mut impl Write) -> Result<()> {
    let (tables, sum) = contents.tables();
    let needs = &contents.needs;
    let head = json!({
        "kind": contents.kind.word(),
        "server_version": contents.server_version,
        "pg_dump_version": contents.pg_dump_version,
        "encoding": contents.encoding,
        "bytes": contents.bytes,
        "tables": tables,
        "rows": sum.rows,
        "sequences": contents.sequences(),
        "large_objects": contents.large_objects(),
    });
    output.write_all(head.to_string().trim_end_matches('}').as_bytes())?;
    output.write_all(b",\"needs\":{\"roles\":")?;
    array(output, strings(&needs.roles))?;
    output.write_all(b",\"tablespaces\":")?;
    array(output, strings(&needs.tablespaces))?;
    output.write_all(b",\"extensions\":")?;
    array(output, strings(&needs.extensions))?;
    output.write_all(b"},\"contents\":")?;
    let entries = contents.entries.iter();
    array(
        output,
        entries.map(|(name, (_, entry))| entry_json(name, *entry)),
    )?;
    output.write_all(b"}\n")
}

fn array(output: &mut impl Write, values: impl Iterator<Item = Value>) -> Result<()> {
    output.write_all(b"[")?;
    for (number, value) in values.enumerate() {
        output.write_all(if number == 0 { b"" } else { b"," })?;
        to_writer(&mut *output, &value)?;
    }
    output.write_all(b"]")
}

fn entry_json(name: &[u8], entry: Entry) -> Value {
    json!({
        "name": String::from_utf8_lossy(name),
        "rows": entry.rows,
        "bytes": entry.bytes,
        "fingerprint": format!("{:016x}", entry.fingerprint),
    })
}

fn strings(names: &Names) -> impl Iterator<Item = Value> {
    names
        .into_iter()
        .map(|name| String::from_utf8_lossy(name).into())
}
