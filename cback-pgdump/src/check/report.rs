//! The report of what is in a dump.

use super::contents::Contents;
use super::fingerprint::Entry;
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
