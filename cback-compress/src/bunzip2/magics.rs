//! Finding the 48 bits that begin a block or end a stream, at whatever bit they stand.
//!
//! A magic that begins anywhere in one byte covers the next five bytes wholly. Of the four pairs
//! of neighbours in those five, one begins at a multiple of four. So it is enough to look at every
//! fourth pair: 64 of the 65,536 pairs belong to one of the two magics at one of eight bits, and
//! only where one of these stands is the place looked at closely.

use crate::bz2::{BLOCK, END, MAGIC_BITS};

const STEP: usize = 4;

/// Finds magics.
pub(super) struct Finder {
    /// A bit for each pair of bytes: whether the pair stands in a magic.
    pairs: [u64; 1 << 10],
}

impl Finder {
    pub(super) fn new() -> Self {
        let mut pairs = [0; 1 << 10];
        for magic in [BLOCK, END] {
            for bit in 0..8 {
                let bytes = (magic << (16 - bit)).to_be_bytes();
                for pair in bytes[1..6].windows(2) {
                    let number = number(pair);
                    pairs[number / 64] |= 1 << (number % 64);
                }
            }
        }
        Self { pairs }
    }

    /// The first bit, not before `from`, where a magic begins that ends within `bytes`.
    pub(super) fn find(&self, bytes: &[u8], from: usize) -> Option<(usize, u64)> {
        let start = (from / 8 + 1).next_multiple_of(STEP);
        let groups = bytes.get(start..)?.chunks(STEP);
        groups
            .zip((start..).step_by(STEP))
            .filter(|(group, _)| group.len() > 1 && self.stands_in_a_magic(number(&group[..2])))
            .find_map(|(_, index)| {
                let bits = (index - STEP) * 8..index * 8;
                bits.filter(|&bit| bit >= from)
                    .find_map(|bit| Some((bit, magic_at(bytes, bit)?)))
            })
    }

    fn stands_in_a_magic(&self, pair: usize) -> bool {
        self.pairs[pair / 64] >> (pair % 64) & 1 == 1
    }
}

fn number(pair: &[u8]) -> usize {
    usize::from(pair[0]) << 8 | usize::from(pair[1])
}

fn magic_at(bytes: &[u8], bit: usize) -> Option<u64> {
    // A magic covers seven bytes, unless it begins a byte: then six, which may be the last.
    let mut word = [0; 8];
    let near = &bytes[bit / 8..bytes.len().min(bit / 8 + 8)];
    word[..near.len()].copy_from_slice(near);
    let found = u64::from_be_bytes(word) << (bit % 8) >> (64 - MAGIC_BITS);
    (bit + MAGIC_BITS <= bytes.len() * 8 && [BLOCK, END].contains(&found)).then_some(found)
}
