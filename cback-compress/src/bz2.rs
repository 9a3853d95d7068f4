//! The parts of bzip2's format that packing and unpacking share.
//!
//! A stream is a header, blocks and an end, of which only the first begins at a byte: the others
//! follow bit by bit, and zeros fill the stream's last byte.

#![allow(
    clippy::cast_possible_truncation,
    reason = "what is cut off is zero, or is meant to be"
)]

use std::io;

/// Begins a block: the digits of pi.
pub(crate) const BLOCK: u64 = 0x3141_5926_5359;
/// Ends a stream, before its checksum: the digits of pi's square root.
pub(crate) const END: u64 = 0x1772_4538_5090;
/// How many bits each of the two has.
pub(crate) const MAGIC_BITS: usize = 48;

/// How many bits end a stream: a magic and a checksum.
pub(crate) const END_BITS: usize = MAGIC_BITS + 32;

/// Folds a block's checksum into that of the whole stream.
pub(crate) fn fold(stream: u32, block: u32) -> u32 {
    stream.rotate_left(1) ^ block
}

/// A string of bits, the most significant of each byte first.
pub(crate) struct Bits {
    pub(crate) bytes: Vec<u8>,
    /// How many of the first byte's bits are not part of the string, 0 to 7.
    pub(crate) skipped: u32,
    /// How many of the last byte's bits are not part of the string, 0 to 7.
    pub(crate) unused: u32,
}

impl Bits {
    /// How many bits there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() * 8 - (self.skipped + self.unused) as usize
    }

    /// The checksum behind a magic; none if there are fewer bits.
    pub(crate) fn crc(&self) -> Option<u32> {
        let bytes = self.bytes.get(MAGIC_BITS / 8..)?;
        let bytes = bytes.iter().chain(&[0]).take(5);
        let word = bytes.fold(0, |word, &byte| word << 8 | u64::from(byte));
        (self.len() >= END_BITS).then_some((word << self.skipped >> 8) as u32)
    }
}

/// Writes bits one number after the other, gathered in a 64-bit word.
#[derive(Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// The next bits, in the lowest `held` places; what stands above them is stale.
    word: u64,
    /// Less than 32 between two calls.
    held: u32,
}

impl BitWriter {
    /// A stream of level 1 to 9.
    pub(crate) fn stream(level: u8) -> Self {
        let bytes = vec![b'B', b'Z', b'h', b'0' + level];
        let (word, held) = (0, 0);
        Self { bytes, word, held }
    }

    /// Makes room for so many bytes more.
    pub(crate) fn reserve(&mut self, bytes: usize) -> io::Result<()> {
        Ok(self.bytes.try_reserve(bytes)?)
    }

    /// Writes `value`, which fits in `count` bits, at most 32.
    #[inline]
    pub(crate) fn put(&mut self, count: u32, value: u32) {
        self.word = self.word << count | u64::from(value);
        self.held += count;
        if self.held >= 32 {
            self.held -= 32;
            let ready = (self.word >> self.held) as u32;
            self.bytes.extend_from_slice(&ready.to_be_bytes());
        }
    }

    pub(crate) fn put_flag(&mut self, flag: bool) {
        self.put(1, u32::from(flag));
    }

    pub(crate) fn put_magic(&mut self, magic: u64) {
        for half in [magic >> 24, magic & 0xff_ffff] {
            self.put(24, half as u32);
        }
    }

    /// Writes bits of which there is more than a byte.
    pub(crate) fn append(&mut self, more: &Bits) {
        let Bits {
            skipped, unused, ..
        } = *more;
        let [first, inner @ .., last] = &more.bytes[..] else {
            return;
        };
        self.put(8 - skipped, u32::from(first << skipped >> skipped));
        let words = inner.chunks_exact(4);
        let rest = words.remainder();
        for word in words {
            self.put(
                32,
                word.iter()
                    .fold(0, |word, &byte| word << 8 | u32::from(byte)),
            );
        }
        for &byte in rest {
            self.put(8, byte.into());
        }
        self.put(8 - unused, u32::from(last >> unused));
    }

    /// Writes the end of a stream with this checksum.
    pub(crate) fn end(&mut self, crc: u32) {
        self.put_magic(END);
        self.put(32, crc);
    }

    /// Takes off what is written, but for the last bits, fewer than 32.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// All that is not taken off.
    pub(crate) fn finish(mut self) -> Bits {
        let unused = self.held.wrapping_neg() % 8;
        let rest = (self.word << (32 - self.held)) as u32;
        let bytes = self.held.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&rest.to_be_bytes()[..bytes]);
        Bits {
            bytes: self.bytes,
            skipped: 0,
            unused,
        }
    }
}
