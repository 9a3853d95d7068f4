//! The fingerprint of data: 64 bits that depend on every value, but neither on the order of rows nor on
//! that of columns.
//!
//! A restored table may have both in another order. So each value is hashed (XXH3) with the hash of its
//! column's name as the seed; a row's hash is that of the sum of these, and a table's fingerprint the
//! sum of its rows' hashes. Sums do not depend on an order; hashing the row's sum keeps its values
//! together; and unlike with an exclusive or, two equal rows do not cancel each other. It finds damage,
//! but does not resist someone who makes up two tables with the same fingerprint.

use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

/// The seed for a column's values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Column(u64);

impl Column {
    pub(crate) fn named(name: &[u8]) -> Self {
        Self(xxh3_64(name))
    }

    /// For values of a column whose name is not known. No name gives the same: it cannot hold a zero byte.
    pub(crate) fn numbered(number: u64) -> Self {
        Self::named(&number.to_le_bytes())
    }

    pub(crate) fn value(self, value: &[u8]) -> u64 {
        xxh3_64_with_seed(value, self.0)
    }

    /// [`Column::value`] for a value in pieces: `update` it with each, then `digest`.
    pub(crate) fn begin(self) -> Box<Xxh3> {
        Box::new(Xxh3::with_seed(self.0))
    }
}

/// A row's hash, from the sum of its values' hashes.
pub(crate) fn row(values: u64) -> u64 {
    xxh3_64(&values.to_le_bytes())
}
