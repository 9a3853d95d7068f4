//! The report of what is in a dump, and its comparison with the plan of another: of what a restore has made with what
//! was backed up.
//!
//! Definitions are compared where both dumps are by the same major version of pg_dump, of servers of the same: between
//! majors much of their text differs.

use super::contents::{Contents, Item, major};
use super::fingerprint::Entry;
use super::known::{Differences, last_number};
use super::objects::List;
use super::token::shown;
use anyhow::Context;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

/// No line of a plan is longer, in bytes.
const LONGEST: u64 = 2 << 20;

/// Writes of each table a line with name, rows, bytes and fingerprint, separated by tabs; one line for
/// all sequences and one for all large objects; in a cluster's dump, of each database. Sorted by
/// bytes, as `LC_ALL=C sort` does.
///
/// # Errors
///
/// Those of `output`.
pub fn write_lines(contents: &Contents, output: &mut impl Write) -> io::Result<()> {
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

/// Name, rows and fingerprint from a line of a report.
type Line = (Vec<u8>, u64, u64);

/// Returns what has been found the same, in words, if the contents are those that `directory` has the plan of: see
/// `plan`.
///
/// # Errors
///
/// They are not, or the plan cannot be read.
pub(crate) fn compare(contents: &mut Contents, directory: &Path) -> anyhow::Result<String> {
    let open = |file: &str| {
        let path = directory.join(file);
        let file = File::open(&path).map(BufReader::new);
        file.with_context(|| path.display().to_string())
    };
    let versions = Versions::read(open("facts")?)?;
    let mut differences = Differences::default();
    compare_data(contents, &versions, open("tables")?, &mut differences)?;
    let other_versions = versions.differ_from(contents);
    if let (List::Compared(known), None) = (&mut contents.objects.list, &other_versions) {
        known.differences(&mut differences)?;
    }
    differences.none()?;
    Ok(match other_versions {
        None => "the same rows and definitions".to_owned(),
        Some(why) => format!("the same rows (definitions not compared: {why})"),
    })
}

/// Both are sorted.
fn compare_data(
    contents: &Contents,
    versions: &Versions,
    mut lines: impl BufRead,
    differences: &mut Differences,
) -> anyhow::Result<()> {
    let is_same_major =
        !versions.pg_dump.is_empty() && versions.pg_dump == contents.pg_dump_major();
    let mut entries = contents.entries.iter().peekable();
    let mut line = next_line(&mut lines)?;
    while let Some(name) = [line.as_ref().map(|it| &it.0), entries.peek().map(|it| it.0)]
        .into_iter()
        .flatten()
        .min()
        .cloned()
    {
        let old = line.take_if(|line| line.0 == name);
        let new = entries.next_if(|entry| *entry.0 == name);
        if old.is_some() {
            line = next_line(&mut lines)?;
        }
        if let Some(difference) = difference(old.as_ref(), new.map(|it| it.1), is_same_major) {
            differences.tell(|| format!("{} {difference}", shown(&name)));
        }
    }
    Ok(())
}

/// In what something differs that is called the same. Bytes may differ, and between versions the words of a
/// cluster's own part.
fn difference(
    old: Option<&Line>,
    new: Option<&(Item, Entry)>,
    is_same_major: bool,
) -> Option<String> {
    let new = new.map(|(item, entry)| (*item, entry.rows, entry.fingerprint));
    match (old.map(|old| (old.1, old.2)), new) {
        // A dump has no data at all of a table whose rows were left out (--exclude-table-data).
        (None, None | Some((Item::Table, 0, _))) => None,
        (None, Some((_, rows, _))) => {
            Some(format!("was not in the backup, and has {rows} rows now"))
        }
        (Some((rows, _)), None) => Some(format!(
            "has {rows} rows in the backup, restored it is missing"
        )),
        (Some((old, _)), Some((_, new, _))) if old != new => {
            Some(format!("has {old} rows in the backup, restored {new}"))
        }
        (Some((_, old)), Some((item, _, new))) => {
            let is_other = old != new && (is_same_major || item != Item::Cluster);
            is_other.then(|| "has other data when restored".to_owned())
        }
    }
}

fn next_line(lines: &mut impl BufRead) -> anyhow::Result<Option<Line>> {
    let mut text = Vec::new();
    lines.take(LONGEST).read_until(b'\n', &mut text)?;
    if text.is_empty() {
        return Ok(None);
    }
    let line = last_number(text.trim_ascii_end(), 16).and_then(|(rest, fingerprint)| {
        let (rest, _bytes) = last_number(rest, 10)?;
        let (name, rows) = last_number(rest, 10)?;
        Some((name.to_vec(), rows, fingerprint))
    });
    let line = line.with_context(|| format!("no line of --check: {}", shown(&text)))?;
    Ok(Some(line))
}

/// Major versions of pg_dump and of the server, as the facts have them; empty where they do not.
#[derive(Default)]
struct Versions {
    pg_dump: String,
    server: String,
}

impl Versions {
    fn read(facts: impl Read) -> anyhow::Result<Self> {
        let mut text = String::new();
        facts.take(LONGEST).read_to_string(&mut text)?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim_matches('\'')
        };
        Ok(Self {
            pg_dump: value("pg_dump_major=").to_owned(),
            server: major(value("server_version=")).to_owned(),
        })
    }

    /// In what, and why definitions cannot be compared.
    fn differ_from(&self, contents: &Contents) -> Option<String> {
        let (pg_dump, server) = (contents.pg_dump_major(), major(&contents.server_version));
        if self.server.is_empty() || server.is_empty() {
            Some("no version is told".to_owned())
        } else if self.server != server {
            Some(format!("PostgreSQL {}'s by {server}", self.server))
        } else if self.pg_dump != pg_dump {
            Some(format!("by pg_dump {} and {pg_dump}", self.pg_dump))
        } else {
            None
        }
    }
}
