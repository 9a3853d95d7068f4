//! A block on its way through all the steps.

use std::io;

use super::block::{self, Header};
use super::mtf::Symbols;
use super::runs::Block;
use super::sort::Sorter;
use super::stream::Coded;
use super::tables::Tables;
use crate::pipeline::Convert;

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
    pub(super) fn new() -> Self {
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
        let orig_ptr = self.sorter.sort(&mut bytes)?;
        self.symbols.code(&bytes, &used)?;
        self.tables.choose(&self.symbols);
        let header = Header {
            crc,
            orig_ptr,
            used: &used,
        };
        let bits = block::write(&header, &self.symbols, &self.tables)?;
        Ok(Coded { bits, crc })
    }
}
