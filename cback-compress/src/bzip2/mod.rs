//! bzip2, block by block: byte for byte what `bzip2 -1` to `bzip2 -9` write.
//!
//! A bzip2 stream is a row of blocks, none of which needs another, joined without padding, at
//! whatever bit the one before ended. So one thread finds where blocks end ([`Cutter`]), any
//! number of them code blocks ([`Encoder`]), and one joins the bits in order ([`Joiner`]).
//!
//! Inside a block each step has its file: run-length coding and the cut (`runs`), which comes
//! first so that runs cost nothing further on, the checksum (`crc`), sorting (`sort`),
//! move-to-front (`mtf`), the choice of Huffman tables (`tables`) and their codes (`huffman`), the
//! layout (`block`), bits (`bits`), the stream (`stream`).
//!
//! A decoder leaves an encoder much freedom. Every choice here is bzip2's own (1.0.3 and since),
//! for the sake of an oracle: whatever the input, `cmp` with bzip2 tells whether this is right.

#![allow(
    clippy::cast_possible_truncation,
    reason = "a block has less than a million bytes, 258 different symbols, 6 tables"
)]

mod bits;
mod block;
mod crc;
mod front;
mod huffman;
mod mtf;
mod rotation;
mod runs;
mod sort;
mod stream;
mod tables;

use std::io;

use bits::Bits;
use block::Header;
use mtf::Symbols;
use sort::Sorter;
use tables::Tables;

pub use runs::{Block, Cutter};
pub use stream::Joiner;

/// A coded block, to be joined to the ones before it.
pub struct Coded {
    bits: Bits,
    crc: u32,
}

/// Codes blocks, one after the other, in memory that is used again: about ten times the longest
/// block, 9 MB at level 9.
pub struct Encoder {
    sorter: Sorter,
    symbols: Symbols,
    tables: Tables,
}

impl Encoder {
    /// An encoder for blocks of any level.
    #[expect(clippy::new_without_default, reason = "nobody would use it")]
    pub fn new() -> Self {
        Encoder {
            sorter: Sorter::default(),
            symbols: Symbols::new(),
            tables: Tables::default(),
        }
    }

    /// Codes one block. An error is one of memory that could not be had.
    pub fn encode(&mut self, block: Block) -> io::Result<Coded> {
        let Block { mut bytes, crc } = block;
        let mut used = [false; 256];
        for &byte in &bytes {
            used[usize::from(byte)] = true;
        }
        let origin = self.sorter.sort(&mut bytes)?;
        self.symbols.code(&bytes, &used);
        self.tables.choose(&self.symbols);
        let header = Header {
            crc,
            origin,
            used: &used,
        };
        let bits = block::write(&header, &self.symbols, &self.tables);
        Ok(Coded { bits, crc })
    }
}
