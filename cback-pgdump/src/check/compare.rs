//! The comparison of a dump with the report of another: of what a restore has made with what was backed up.

use super::contents::{Contents, Item};
use super::fingerprint::Entry;
use super::outline::shown;
use anyhow::{Context, bail};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Differences that are told; the others are counted.
const TOLD: usize = 3;

/// No line of a report is longer, in bytes: a name has at most so many.
const LONGEST: u64 = 2 << 20;

/// A line of a report.
struct Line {
    name: Vec<u8>,
    rows: u64,
    fingerprint: u64,
}

/// A report while it is read.
struct Lines<R>(R);

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> anyhow::Result<Option<Line>> {
        let mut text = Vec::new();
        (&mut self.0).take(LONGEST).read_until(b'\n', &mut text)?;
        if text.is_empty() {
            return Ok(None);
        }
        let line = Line::read(text.strip_suffix(b"\n").unwrap_or_default());
        line.context("no report of --check").map(Some)
    }
}

impl Line {
    fn read(text: &[u8]) -> Option<Self> {
        let mut fields = text.split(|&byte| byte == b'\t');
        let name = fields.next()?.to_vec();
        let mut number = |radix| {
            let field = std::str::from_utf8(fields.next()?).ok()?;
            u64::from_str_radix(field, radix).ok()
        };
        let (rows, _, fingerprint) = (number(10)?, number(10)?, number(16)?);
        Some(Self {
            name,
            rows,
            fingerprint,
        })
    }
}

#[derive(Default)]
struct Differences {
    told: Vec<String>,
    count: usize,
}

impl Differences {
    fn add(&mut self, name: &[u8], what: &str) {
        self.count += 1;
        if self.count <= TOLD {
            self.told.push(format!("{} {what}", shown(name)));
        }
    }

    fn missing(&mut self, line: &Line) {
        let what = format!(
            "has {} rows in the backup, restored it is missing",
            line.rows
        );
        self.add(&line.name, &what);
    }

    /// Bytes may differ, and between versions the words of a cluster's own part.
    fn compare(&mut self, line: &Line, item: Item, entry: &Entry, is_same_major: bool) {
        if line.rows != entry.rows {
            let what = format!(
                "has {} rows in the backup, restored {}",
                line.rows, entry.rows
            );
            self.add(&line.name, &what);
        } else if line.fingerprint != entry.fingerprint && (is_same_major || item != Item::Cluster)
        {
            self.add(&line.name, "has other data when restored");
        }
    }

    fn end(&self) -> anyhow::Result<()> {
        let told = self.told.join("; ");
        match self.count {
            0 => Ok(()),
            1..=TOLD => bail!("{told}"),
            _ => bail!("{told}; and {} more", self.count - TOLD),
        }
    }
}

/// Whether the contents are those that `directory` has the plan of: see `plan`.
///
/// # Errors
///
/// They are not, or the plan cannot be read.
pub(crate) fn compare(contents: &Contents, directory: &Path) -> anyhow::Result<()> {
    let open = |file: &str| {
        let path = directory.join(file);
        File::open(&path).with_context(|| path.display().to_string())
    };
    let is_same_major = major(open("facts")?)?.is_some_and(|it| it == contents.pg_dump_major());
    let mut expected = Lines(BufReader::new(open("tables")?));
    let mut differences = Differences::default();
    let mut next = expected.next()?;
    for (name, (item, entry)) in &contents.entries {
        while let Some(line) = next.take_if(|line| line.name < *name) {
            differences.missing(&line);
            next = expected.next()?;
        }
        match next.take_if(|line| line.name == *name) {
            None => differences.add(
                name,
                &format!("was not in the backup, and has {} rows now", entry.rows),
            ),
            Some(line) => {
                differences.compare(&line, *item, entry, is_same_major);
                next = expected.next()?;
            }
        }
    }
    while let Some(line) = next {
        differences.missing(&line);
        next = expected.next()?;
    }
    differences.end()
}

/// pg_dump's major version, if the facts have it.
fn major(facts: File) -> anyhow::Result<Option<String>> {
    let mut text = String::new();
    facts.take(LONGEST).read_to_string(&mut text)?;
    let mut lines = text.lines();
    let major = lines.find_map(|line| line.strip_prefix("pg_dump_major="));
    let major = major.map(|it| it.trim_matches('\'').to_owned());
    Ok(major.filter(|it| !it.is_empty()))
}
