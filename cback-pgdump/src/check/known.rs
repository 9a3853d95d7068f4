//! The objects of another dump, from the list in its plan, and how those of this dump differ from them. An object is
//! held as two numbers, and its name is read again where it is needed: there may be millions.

use super::fingerprint::Key;
use super::token::shown;
use anyhow::{Context, ensure};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

/// A fingerprint of what is not restored as it was.
pub(crate) const NOT_COMPARED: u64 = 0;

/// Differences that are told; the others are counted.
pub(crate) const TOLD: usize = 3;

/// No line of a list is longer, in bytes: pg_dump's comments hold a few names.
const LONGEST: u64 = 1 << 20;

/// Bytes that objects may take: enough for six million.
const MOST: usize = 96 << 20;

/// Room that is made at a time, in objects.
const STEP: usize = 1 << 16;

/// Objects by the hashes of their lines.
#[derive(Debug)]
pub(crate) struct Known {
    list: BufReader<File>,
    key: Key,
    /// Roles that a restore has to make up, since the other dump names them and has none of that name.
    pub(crate) made_up: BTreeSet<Vec<u8>>,
    /// Roles that initdb has made: see `initdbs-roles` of a plan.
    pub(crate) initdbs: Vec<Vec<u8>>,
    /// Sorted. The last bit of a hash tells whether this dump has the object; the fingerprints are those of the
    /// other dump less those of this one.
    objects: Vec<(u64, u64)>,
    /// Those that only this dump has: the first ones' lines, and their number.
    new: Vec<Vec<u8>>,
    new_count: usize,
}

impl Known {
    /// # Errors
    ///
    /// The list cannot be read, or takes more than 96 MiB.
    pub(crate) fn read(
        path: &Path,
        made_up: Vec<Vec<u8>>,
        initdbs: Vec<Vec<u8>>,
        key: Key,
    ) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let mut known = Self {
            list: BufReader::new(File::open(path).with_context(named)?),
            key,
            made_up: made_up.into_iter().collect(),
            initdbs,
            objects: Vec::new(),
            new: Vec::new(),
            new_count: 0,
        };
        let mut line = Vec::new();
        while let Some((object, fingerprint)) = known.next(&mut line).with_context(named)? {
            ensure!(
                known.held() < MOST,
                "{}: too many objects to be compared",
                named()
            );
            if known.objects.len() == known.objects.capacity() {
                known.objects.reserve_exact(STEP);
            }
            known
                .objects
                .push((known.hash(&line[..object]), fingerprint));
        }
        known.objects.sort_unstable();
        known.objects.dedup_by(|next, first| {
            let is_same = next.0 == first.0;
            first.1 = first.1.wrapping_add(if is_same { next.1 } else { 0 });
            is_same
        });
        Ok(known)
    }

    /// Bytes of memory that this takes, about.
    pub(crate) fn held(&self) -> usize {
        self.objects.len() * size_of::<(u64, u64)>()
    }

    /// An object of this dump.
    pub(crate) fn take(&mut self, line: &[u8], fingerprint: u64) {
        if let Some(object) = self.find(line) {
            object.0 |= 1;
            object.1 = object.1.wrapping_sub(fingerprint);
            return;
        }
        self.new_count += 1;
        if self.new.len() < TOLD {
            self.new.push(line.to_vec());
        }
    }

    /// Calls `tell` with each difference, which it may as well only count.
    ///
    /// # Errors
    ///
    /// The list cannot be read again.
    pub(crate) fn differences(&mut self, mut tell: impl FnMut(String)) -> anyhow::Result<()> {
        let is_same = |it: &(u64, u64)| it.0 & 1 == 1 && it.1 == 0;
        if !self.objects.iter().all(is_same) {
            self.tell_old(&mut tell)?;
        }
        for line in &self.new {
            tell(format!("{} is there only when restored", words(line)));
        }
        (self.new.len()..self.new_count).for_each(|_| tell(String::new()));
        Ok(())
    }

    /// Those of the objects in the list, which is read again for their names.
    fn tell_old(&mut self, tell: &mut impl FnMut(String)) -> anyhow::Result<()> {
        self.list.rewind()?;
        let mut line = Vec::new();
        while let Some((object, fingerprint)) = self.next(&mut line)? {
            let Some(known) = self.find(&line[..object]) else {
                continue;
            };
            let what = match *known {
                (hash, _) if hash & 1 == 0 => "is missing when restored",
                (_, 0) => continue,
                _ if fingerprint == NOT_COMPARED => continue,
                _ => "differs when restored",
            };
            *known = (known.0 | 1, 0); // another line of the same object is not told
            tell(format!("{} {what}", words(&line[..object])));
        }
        Ok(())
    }

    fn find(&mut self, line: &[u8]) -> Option<&mut (u64, u64)> {
        let hash = self.hash(line);
        let place = { &self.objects }.binary_search_by_key(&hash, |it| it.0 & !1);
        place.ok().map(|place| &mut self.objects[place])
    }

    fn hash(&self, line: &[u8]) -> u64 {
        self.key.row(line) & !1
    }

    /// Reads the next line; returns the length of its first two fields, and the third.
    fn next(&mut self, line: &mut Vec<u8>) -> anyhow::Result<Option<(usize, u64)>> {
        line.clear();
        { &mut self.list }.take(LONGEST).read_until(b'\n', line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let number = |at: usize| {
            u64::from_str_radix(std::str::from_utf8(&line[at..]).ok()?.trim_end(), 16).ok()
        };
        let tab = line.iter().rposition(|byte| *byte == b'\t');
        let fields = tab.and_then(|tab| Some((tab, number(tab + 1)?)));
        let fields = fields.with_context(|| format!("no line of --objects: {}", shown(line)))?;
        Ok(Some(fields))
    }
}

/// `index public.a` from `INDEX <tab> public.a`.
fn words(line: &[u8]) -> String {
    let (kind, name) = line.split_at(line.iter().position(|it| *it == b'\t').unwrap_or(0));
    shown(
        &[
            &kind.to_ascii_lowercase()[..],
            b" ",
            name.trim_ascii_start(),
        ]
        .concat(),
    )
}
