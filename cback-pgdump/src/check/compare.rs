//! The comparison of a dump with the report of another: of what a restore has made with what was backed up.

use super::contents::{Contents, Item};
use super::fingerprint::Entry;
use super::outline::shown;
use anyhow::{Context, bail, ensure};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Differences that are told; the others are counted.
const TOLD: usize = 3;

/// No line of a plan is longer, in bytes.
const LONGEST: u64 = 2 << 20;

/// Name, rows and fingerprint from a line of a report.
type Line = (Vec<u8>, u64, u64);

/// Whether the contents are those that `directory` has the plan of: see `plan`. Both are sorted.
///
/// # Errors
///
/// They are not, or the plan cannot be read.
pub(crate) fn compare(contents: &Contents, directory: &Path) -> anyhow::Result<()> {
    let open = |file: &str| {
        let path = directory.join(file);
        let file = File::open(&path).map(BufReader::new);
        file.with_context(|| path.display().to_string())
    };
    let major = major(open("facts")?)?;
    let is_same_major = !major.is_empty() && major == contents.pg_dump_major();
    let mut lines = open("tables")?;
    let mut entries = contents.entries.iter().peekable();
    let mut line = next_line(&mut lines)?;
    let mut differences = Vec::new();
    let mut count = 0;
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
            count += 1;
            if count <= TOLD {
                differences.push(format!("{} {difference}", shown(&name)));
            }
        }
    }
    let differences = differences.join("; ");
    ensure!(count <= TOLD, "{differences}; and {} more", count - TOLD);
    ensure!(count == 0, "{differences}");
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
        (None, None) => None,
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
    let mut fields = text.trim_ascii_end().split(|&byte| byte == b'\t');
    let name = fields.next().unwrap_or_default().to_vec();
    let mut number = |radix| {
        let field = std::str::from_utf8(fields.next()?).ok()?;
        u64::from_str_radix(field, radix).ok()
    };
    match (number(10), number(10), number(16)) {
        (Some(rows), Some(_), Some(fingerprint)) => Ok(Some((name, rows, fingerprint))),
        _ => bail!("no line of --check: {}", shown(&text)),
    }
}

/// pg_dump's major version, if the facts have it.
fn major(facts: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    facts.take(LONGEST).read_to_string(&mut text)?;
    let mut lines = text.lines();
    let major = lines.find_map(|line| line.strip_prefix("pg_dump_major="));
    Ok(major.unwrap_or_default().trim_matches('\'').to_owned())
}
