//! The fingerprint of data: 64 bits that depend on every value, but neither on the order of rows nor on
//! that of columns.
//!
//! A restored table may have both in another order. So each value is hashed (XXH3) with the hash of its
//! column's name as the seed; a row's hash is that of the sum of these, and a table's fingerprint the
//! sum of its rows' hashes. Sums do not depend on an order; hashing the row's sum keeps its values
//! together; and unlike with an exclusive or, two equal rows do not cancel each other.
//!
//! Whoever knows the seeds can make up two values with the same hash, since XXH3 multiplies and one of
//! its factors can be made zero. A random [`Key`] keeps the seeds from whoever writes the data.

use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

/// Makes fingerprints comparable only with those of the same key. Without one they are the same
/// everywhere and always.
#[derive(Clone, Copy, Debug, Default)]
pub struct Key(u64);

impl Key {
    /// From any bytes, none for no key.
    pub fn new(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::default();
        }
        Self(xxh3_64(bytes))
    }

    /// The seed for the values of the column of this name.
    pub(crate) fn column(self, name: &[u8]) -> Column {
        Column(xxh3_64_with_seed(name, self.0))
    }

    /// The hash of a row that has a single value, in no column.
    pub(crate) fn row(self, value: &[u8]) -> u64 {
        hash(Column(self.0).value(value))
    }
}

/// The seed for a column's values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Column(u64);

impl Column {
    #[inline]
    pub(crate) fn value(self, value: &[u8]) -> u64 {
        xxh3_64_with_seed(value, self.0)
    }

    /// [`Column::value`] for a value in pieces: `update` it with each, then `digest`.
    pub(crate) fn begin(self) -> Box<Xxh3> {
        Box::new(Xxh3::with_seed(self.0))
    }
}

/// A row's hash, from the sum of its values' hashes.
pub(crate) fn hash(values: u64) -> u64 {
    xxh3_64(&values.to_le_bytes())
}

/// A row while its values come.
#[derive(Default)]
pub(crate) struct Row {
    /// The number of its values so far, and the sum of their hashes.
    pub(crate) values: usize,
    sum: u64,
    /// The value of which a piece has come.
    pub(crate) begun: Option<Box<Xxh3>>,
}

impl Row {
    /// Takes a piece of a value of this column, which may go on.
    pub(crate) fn begin_value(&mut self, column: Column, piece: &[u8]) {
        let begun = self.begun.get_or_insert_with(|| column.begin());
        begun.update(piece);
    }

    /// Takes the last piece of the value, or all of it.
    #[inline]
    pub(crate) fn end_value(&mut self, column: Column, piece: &[u8]) {
        let hash = match self.begun.take() {
            None => column.value(piece),
            Some(mut begun) => {
                begun.update(piece);
                begun.digest()
            }
        };
        self.sum = self.sum.wrapping_add(hash);
        self.values += 1;
    }
}

/// The data of a table; or all sequences or large objects of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Rows, sequences, or large objects.
    pub(crate) rows: u64,
    /// Their bytes as COPY writes them; of large objects, of their data.
    pub(crate) bytes: u64,
    /// Depends on every value and its column's name, but not on the order of rows and columns; 0 of none.
    pub(crate) fingerprint: u64,
}

impl Entry {
    /// Adds a row, whose bytes are counted already, and begins the next.
    #[inline]
    pub(crate) fn end_row(&mut self, row: &mut Row) {
        self.rows += 1;
        self.fingerprint = self.fingerprint.wrapping_add(hash(row.sum));
        (row.values, row.sum) = (0, 0);
    }

    pub(crate) fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.bytes += more.bytes;
        self.fingerprint = self.fingerprint.wrapping_add(more.fingerprint);
    }
}
