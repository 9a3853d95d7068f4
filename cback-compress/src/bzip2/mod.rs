//! bzip2, block by block: byte for byte what `bzip2 -1` to `bzip2 -9` write.
//!
//! A bzip2 stream is a row of blocks, none of which needs another, joined without padding, at
//! whatever bit the one before ended. So one thread finds where blocks end (`runs`), any number of
//! them code blocks ([`Encoder`]), and one joins the bits in order ([`Stream`]).
//!
//! Inside a block each step has its file: run-length coding, which also decides where blocks end,
//! and the checksum (`runs`), sorting (`sort`), move-to-front (`mtf`), the choice of Huffman
//! tables (`tables`) and their codes (`huffman`), the layout (`block`).
//!
//! The format leaves many choices to the encoder. Every choice here is bzip2's own (1.0.3 and
//! since), so that comparing with bzip2's output shows whether this is right, whatever the input.

#![allow(
    clippy::cast_possible_truncation,
    reason = "a block has less than a million bytes, 258 different symbols, 6 tables"
)]

mod block;
mod front;
mod huffman;
mod mtf;
mod rotation;
mod runs;
mod sort;
mod tables;

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

use crate::bz2::{self, BitWriter, Bits};
use crate::error::Error;
use crate::pipeline::{self, Join};
use block::Header;
use mtf::Symbols;
use runs::{Block, Blocks};
use sort::Sorter;
use tables::Tables;

/// Packs `input` by level 1 to 9 into `output`.
pub(crate) fn pack(
    input: impl Read + Send + 'static,
    output: &mut impl Write,
    level: u8,
    threads: Option<NonZeroUsize>,
) -> Result<(), Error> {
    let mut encoder = Encoder {
        sorter: Sorter::default(),
        symbols: Symbols::new(),
        tables: Tables::default(),
    };
    let convert = move |block| encoder.convert(block);
    let (bits, crc) = (BitWriter::stream(level), 0);
    let stream = Stream { bits, crc };
    pipeline::run(
        Blocks::new(input, level),
        1,
        convert,
        stream,
        output,
        threads,
    )
}

/// Codes blocks, one after the other, in memory that is used again: about ten times the longest
/// block, 9 MB at level 9.
#[derive(Clone)]
struct Encoder {
    sorter: Sorter,
    symbols: Symbols,
    tables: Tables,
}

impl Encoder {
    /// Codes one block. An error is one of memory that could not be had.
    fn convert(&mut self, block: Block) -> io::Result<Coded> {
        let Block { mut bytes, crc } = block;
        let mut used = [false; 256];
        for &byte in &bytes {
            used[usize::from(byte)] = true;
        }
        let orig_ptr = self.sorter.sort(&mut bytes)?;
        self.symbols.code(&bytes, &used)?;
        self.tables.choose(&self.symbols);
        let header = Header {
            crc,
            orig_ptr,
            used: &used,
        };
        let bits = block::coded(&header, &self.symbols, &self.tables)?;
        Ok(Coded { bits, crc })
    }
}

/// A coded block, to be joined to the ones before it.
struct Coded {
    bits: Bits,
    crc: u32,
}

/// Joins blocks, in order, into one stream.
struct Stream {
    /// The bits that are not written yet.
    bits: BitWriter,
    crc: u32,
}

impl Join for Stream {
    type Piece = Coded;

    fn join(&mut self, block: Coded, output: &mut impl Write) -> io::Result<()> {
        self.crc = bz2::fold(self.crc, block.crc);
        self.bits.reserve(block.bits.bytes.len() + 4)?;
        self.bits.append(&block.bits);
        output.write_all(&self.bits.take())
    }

    fn finish(mut self, output: &mut impl Write) -> io::Result<()> {
        self.bits.end(self.crc);
        output.write_all(&self.bits.finish().bytes)
    }
}
