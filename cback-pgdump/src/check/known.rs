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
const TOLD: usize = 3;

/// No line of a list is longer, in bytes: pg_dump's comments hold a few names.
const LONGEST: u64 = 1 << 20;

/// Bytes that objects may take: enough for six million.
const MOST: usize = 96 << 20;

/// Room that is made at a time, in objects.
const STEP: usize = 1 << 16;

/// The differences so far: the first ones, and their number.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    told: Vec<String>,
    count: usize,
}

impl Differences {
    pub(crate) fn tell(&mut self, difference: impl FnOnce() -> String) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push(difference());
        }
    }

    /// # Errors
    ///
    /// There are any.
    pub(crate) fn none(self) -> anyhow::Result<()> {
        let told = self.told.join("; ");
        ensure!(self.count <= TOLD, "{told}; and {} more", self.count - TOLD);
        ensure!(self.count == 0, "{told}");
        Ok(())
    }
}

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
    /// Those that only this dump has.
    new: Differences,
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
            new: Differences::default(),
        };
        known.read_all().with_context(named)?;
        Ok(known)
    }

    fn read_all(&mut self) -> anyhow::Result<()> {
        let mut line = Vec::new();
        while let Some((object, fingerprint)) = self.next(&mut line)? {
            ensure!(self.held() < MOST, "too many objects to be compared");
            if self.objects.len() == self.objects.capacity() {
                self.objects.reserve_exact(STEP);
            }
            self.objects.push((self.hash(&line[..object]), fingerprint));
        }
        self.objects.sort_unstable();
        self.objects.dedup_by(|next, first| {
            let is_same = next.0 == first.0;
            first.1 = first.1.wrapping_add(if is_same { next.1 } else { 0 });
            is_same
        });
        Ok(())
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
        let told = || format!("{} is there only when restored", words(line));
        self.new.tell(told);
    }

    /// Adds those of the objects. The list is read again for their names.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(crate) fn differences(&mut self, all: &mut Differences) -> anyhow::Result<()> {
        let is_same = |it: &(u64, u64)| it.0 & 1 == 1 && it.1 == 0;
        if !self.objects.iter().all(is_same) {
            self.old_differences(all)?;
        }
        all.count += self.new.count;
        let room = TOLD - all.told.len();
        all.told.extend(self.new.told.drain(..).take(room));
        Ok(())
    }

    fn old_differences(&mut self, all: &mut Differences) -> anyhow::Result<()> {
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
            all.tell(|| format!("{} {what}", words(&line[..object])));
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
        let fields = last_number(line.trim_ascii_end(), 16);
        let fields = fields.map(|(object, fingerprint)| (object.len(), fingerprint));
        let fields = fields.with_context(|| format!("no line of --objects: {}", shown(line)))?;
        Ok(Some(fields))
    }
}

/// The last field of a line, a number, and those before it.
pub(crate) fn last_number(line: &[u8], radix: u32) -> Option<(&[u8], u64)> {
    let tab = line.iter().rposition(|byte| *byte == b'\t')?;
    let digits = std::str::from_utf8(&line[tab + 1..]).ok()?;
    Some((&line[..tab], u64::from_str_radix(digits, radix).ok()?))
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
