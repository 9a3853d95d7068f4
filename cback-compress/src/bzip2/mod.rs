//! bzip2, block by block: byte for byte what `bzip2 -1` to `bzip2 -9` write.
//!
//! A bzip2 stream is a row of blocks, none of which needs another, joined without padding, at
//! whatever bit the one before ended. So one thread finds where blocks end ([`Blocks`]), any
//! number of them code blocks ([`Encoder`]), and one joins the bits in order ([`Stream`]).
//!
//! Inside a block each step has its file: run-length coding, which also decides where blocks end
//! (`runs`), the checksum (`crc`), sorting (`sort`), move-to-front (`mtf`), the choice of Huffman
//! tables (`tables`) and their codes (`huffman`), the layout (`block`), bits (`bits`), the stream
//! (`stream`).
//!
//! The format leaves many choices to the encoder. Every choice here is bzip2's own (1.0.3 and
//! since), so that comparing with bzip2's output shows whether this is right, whatever the input.

#![allow(
    clippy::cast_possible_truncation,
    reason = "a block has less than a million bytes, 258 different symbols, 6 tables"
)]

mod bits;
mod block;
mod blocks;
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

use crate::bz2::Bits;
use crate::pipeline::{Convert, Format};
use block::Header;
use blocks::Blocks;
use mtf::Symbols;
use runs::Block;
use sort::Sorter;
use stream::Stream;
use tables::Tables;

/// bzip2 of level 1 to 9.
pub(crate) fn format(level: u8) -> Format<Blocks, Encoder, Stream> {
    Format {
        split: Blocks::new(level),
        converter: Encoder::new(),
        join: Stream::new(level),
    }
}

/// A coded block, to be joined to the ones before it.
pub(crate) struct Coded {
    pub(crate) bits: Bits,
    pub(crate) crc: u32,
}

/// Codes blocks, one after the other, in memory that is used again: about ten times the longest
/// block, 9 MB at level 9.
#[derive(Clone)]
pub(crate) struct Encoder {
    sorter: Sorter,
    symbols: Symbols,
    tables: Tables,
}

impl Encoder {
    /// An encoder for blocks of any level.
    fn new() -> Self {
        Encoder {
            sorter: Sorter::default(),
            symbols: Symbols::new(),
            tables: Tables::default(),
        }
    }
}

impl Convert for Encoder {
    type Block = Block;
    type Piece = Coded;

    /// Codes one block. An error is one of memory that could not be had.
    fn convert(&mut self, block: Block) -> io::Result<Coded> {
        let Block { mut bytes, crc } = block;
        let mut used = [false; 256];
        for &byte in &bytes {
            used[usize::from(byte)] = true;
        }
        let origin = self.sorter.sort(&mut bytes)?;
        self.symbols.code(&bytes, &used)?;
        self.tables.choose(&self.symbols);
        let header = Header {
            crc,
            origin,
            used: &used,
        };
        let bits = block::write(&header, &self.symbols, &self.tables)?;
        Ok(Coded { bits, crc })
    }
}
