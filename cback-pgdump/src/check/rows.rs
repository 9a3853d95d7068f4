//! The rows after a COPY statement, up to a line `\.`: fields separated by tabs, rows by line ends.
//! COPY escapes both inside of a value.

use super::fingerprint::{Column, Entry, Key, Row};
use memchr::memchr2_iter;

/// Reads rows in pieces of any size, of which none has to hold a whole row.
pub(crate) struct Rows {
    pub(crate) columns: Vec<Column>,
    pub(crate) entry: Entry,
    /// The row that comes.
    row: Row,
    /// The first three bytes of the value that the last piece ended in, enough to recognise `\.`.
    start: Vec<u8>,
}

impl Rows {
    pub(crate) fn new(columns: &[Vec<u8>], key: Key) -> Self {
        Self {
            columns: columns.iter().map(|name| key.column(name)).collect(),
            entry: Entry::default(),
            row: Row::default(),
            start: Vec::new(),
        }
    }

    /// Takes the next piece; returns after how many of its bytes the line `\.` has ended the data, if it has.
    ///
    /// # Errors
    ///
    /// A row has this many fields, which is not the number of columns.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Option<usize>, usize> {
        let mut start = 0;
        for end in memchr2_iter(b'\t', b'\n', piece) {
            let field = &piece[start..end];
            start = end + 1;
            if piece[end] == b'\n' && self.row.values == 0 && self.is_end(field) {
                // Some of its three bytes may have come before.
                self.entry.bytes = self.entry.bytes + start as u64 - 3;
                return Ok(Some(start));
            }
            self.end_field(field);
            if piece[end] == b'\n' {
                if self.row.values != self.columns.len().max(1) {
                    return Err(self.row.values);
                }
                self.entry.end_row(&mut self.row);
            }
        }
        self.begin_field(&piece[start..]);
        self.entry.bytes += piece.len() as u64;
        Ok(None)
    }

    fn is_end(&self, field: &[u8]) -> bool {
        match self.row.begun {
            None => field == b"\\.",
            Some(_) => [&self.start, field].concat() == b"\\.",
        }
    }

    fn end_field(&mut self, field: &[u8]) {
        match self.columns.get(self.row.values) {
            Some(column) => self.row.end_value(*column, field),
            // A table without columns has one empty field in each row.
            None => self.row.values += 1,
        }
    }

    /// The piece ends inside of a value.
    fn begin_field(&mut self, part: &[u8]) {
        if part.is_empty() {
            return;
        }
        if self.row.begun.is_none() {
            self.start.clear();
        }
        let room = 3 - self.start.len();
        self.start.extend(&part[..room.min(part.len())]);
        let column = self
            .columns
            .get(self.row.values)
            .copied()
            .unwrap_or_default();
        self.row.begin_value(column, part);
    }
}
