//! What makes data comparable: a number that depends on every value, but neither on the order of
//! rows nor on that of columns.
//!
//! A restored table may have both in another order. So each value is hashed together with the
//! name of its column, a row is the hash of the sum of these, and a table the sum of its rows.
//! Sums do not depend on an order; the hash between them keeps the values of a row together; and
//! unlike an exclusive or, a sum does not lose a row that comes twice. The number is made to find
//! damage, not to resist someone who looks for two tables with the same one.

use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

/// The hash of a value depends on its column by this.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Column(u64);

impl Column {
    pub(crate) fn named(name: &[u8]) -> Self {
        Self(xxh3_64(name))
    }

    /// Of values that come without a name. No name is that long.
    pub(crate) fn numbered(number: usize) -> Self {
        Self::named(format!("{number:0100}").as_bytes())
    }

    pub(crate) fn value(self, value: &[u8]) -> u64 {
        xxh3_64_with_seed(value, self.0)
    }

    /// The same for a value that comes in pieces; `digest` it.
    pub(crate) fn begin(self) -> Box<Xxh3> {
        Box::new(Xxh3::with_seed(self.0))
    }
}

/// Of a row, from the sum of its values' hashes.
pub(crate) fn row(values: u64) -> u64 {
    xxh3_64(&values.to_le_bytes())
}
