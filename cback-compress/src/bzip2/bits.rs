//! Bits, the most significant first, gathered in a 64-bit word.

use std::io;

use crate::bz2::Bits;

/// Writes bits one number after the other.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// The next bits, in the lowest `held` places; what stands above them is stale.
    word: u64,
    /// Less than 32 between two calls.
    held: u32,
}

impl BitWriter {
    pub(super) fn with_capacity(bytes: usize) -> io::Result<Self> {
        let mut writer = Self::default();
        writer.bytes.try_reserve_exact(bytes)?;
        Ok(writer)
    }

    /// Writes `value`, which fits in `count` bits, at most 32.
    #[inline]
    pub(super) fn put(&mut self, count: u32, value: u32) {
        self.word = self.word << count | u64::from(value);
        self.held += count;
        if self.held >= 32 {
            self.held -= 32;
            let ready = (self.word >> self.held) as u32;
            self.bytes.extend_from_slice(&ready.to_be_bytes());
        }
    }

    pub(super) fn put_flag(&mut self, flag: bool) {
        self.put(1, u32::from(flag));
    }

    pub(super) fn finish(mut self) -> Bits {
        let unused = self.held.wrapping_neg() % 8;
        let rest = (self.word << (32 - self.held)) as u32;
        let bytes = self.held.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&rest.to_be_bytes()[..bytes]);
        Bits {
            bytes: self.bytes,
            unused,
        }
    }
}
