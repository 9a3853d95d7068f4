//! The rows after a COPY statement, up to a line `\.`: fields separated by tabs, rows by line ends.
//! COPY escapes both inside of a value.

use super::fingerprint::{self, Column, Entry, Key};
use memchr::memchr2_iter;
use xxhash_rust::xxh3::Xxh3;

/// Reads rows in pieces of any size, of which none has to hold a whole row.
pub(crate) struct Rows {
    columns: Vec<Column>,
    pub(crate) entry: Entry,
    /// The sum of the hashes of the current row's values so far, and their number.
    sum: u64,
    fields: usize,
    /// The hash of the value that the last piece ended in.
    begun: Option<Box<Xxh3>>,
    /// Its first three bytes, enough to recognise `\.`.
    start: Vec<u8>,
}

/// The outcome of [`Rows::push`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The data goes on.
    More,
    /// The line `\.` ended the data after so many bytes.
    Ended(usize),
    /// A row has this many fields, which is not the number of columns.
    Fields(usize),
}

impl Rows {
    pub(crate) fn new(columns: &[Vec<u8>], key: Key) -> Self {
        Self {
            columns: columns.iter().map(|name| key.column(name)).collect(),
            entry: Entry::default(),
            sum: 0,
            fields: 0,
            begun: None,
            start: Vec::new(),
        }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Outcome {
        let mut start = 0;
        for end in memchr2_iter(b'\t', b'\n', piece) {
            let field = &piece[start..end];
            start = end + 1;
            if piece[end] == b'\n' && self.fields == 0 && self.is_end(field) {
                // Some of its three bytes may have come before.
                self.entry.bytes = self.entry.bytes + start as u64 - 3;
                return Outcome::Ended(start);
            }
            self.end_field(field);
            if piece[end] == b'\n' {
                if self.fields != self.columns.len().max(1) {
                    return Outcome::Fields(self.fields);
                }
                self.end_row();
            }
        }
        self.begin_field(&piece[start..]);
        self.entry.bytes += piece.len() as u64;
        Outcome::More
    }

    fn is_end(&self, field: &[u8]) -> bool {
        if self.begun.is_none() {
            field == b"\\."
        } else {
            [&self.start, field].concat() == b"\\."
        }
    }

    fn end_field(&mut self, field: &[u8]) {
        let begun = self.begun.take();
        // A table without columns has one empty field in each row.
        if let Some(column) = self.columns.get(self.fields) {
            let hash = match begun {
                None => column.value(field),
                Some(mut begun) => {
                    begun.update(field);
                    begun.digest()
                }
            };
            self.sum = self.sum.wrapping_add(hash);
        }
        self.fields += 1;
    }

    /// The piece ends inside of a value.
    fn begin_field(&mut self, part: &[u8]) {
        if part.is_empty() && self.begun.is_none() {
            return;
        }
        if self.begun.is_none() {
            self.start.clear();
        }
        let room = 3 - self.start.len();
        self.start.extend(&part[..room.min(part.len())]);
        let column = self.columns.get(self.fields).copied().unwrap_or_default();
        self.begun
            .get_or_insert_with(|| column.begin())
            .update(part);
    }

    fn end_row(&mut self) {
        let hash = fingerprint::row(self.sum);
        self.entry.rows += 1;
        self.entry.fingerprint = self.entry.fingerprint.wrapping_add(hash);
        self.sum = 0;
        self.fields = 0;
    }
}
