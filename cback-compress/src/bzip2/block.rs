//! The layout of a block: header, the bytes in use, selectors, tables, symbols.

use std::io;

use super::huffman::{self, Code};
use super::mtf::Symbols;
use super::tables::{GROUP, Lengths, Tables};
use crate::bz2::{BLOCK, BitWriter, Bits};

/// The values in a block's header.
pub(super) struct Header<'a> {
    pub(super) crc: u32,
    pub(super) orig_ptr: usize,
    pub(super) used: &'a [bool; 256],
}

/// The bits of a whole block.
pub(super) fn coded(header: &Header, symbols: &Symbols, tables: &Tables) -> io::Result<Bits> {
    let mut bits = BitWriter::default();
    // A byte a symbol is seldom too little.
    bits.reserve(symbols.list.len())?;
    bits.put_magic(BLOCK);
    bits.put(32, header.crc);
    // Whether the block is randomised: bzip2 has not done that since 0.9.5.
    bits.put_flag(false);
    bits.put(24, header.orig_ptr as u32);
    write_used(&mut bits, header.used);
    bits.put(3, tables.lengths.len() as u32);
    write_selectors(&mut bits, &tables.selectors);
    for lengths in &tables.lengths {
        write_lengths(&mut bits, &lengths[..symbols.alphabet]);
    }
    write_symbols(&mut bits, symbols, tables);
    Ok(bits.finish())
}

/// A flag for each sixteenth of the 256 bytes that is in use, then one for each byte of those.
fn write_used(bits: &mut BitWriter, used: &[bool; 256]) {
    let sixteenths = used.chunks(16);
    for sixteenth in sixteenths.clone() {
        bits.put_flag(sixteenth.contains(&true));
    }
    for sixteenth in sixteenths.filter(|sixteenth| sixteenth.contains(&true)) {
        for &used in sixteenth {
            bits.put_flag(used);
        }
    }
}

/// The selectors, move-to-front coded, each as so many ones and a zero.
fn write_selectors(bits: &mut BitWriter, selectors: &[u8]) {
    bits.put(15, selectors.len() as u32);
    let mut latest = [0, 1, 2, 3, 4, 5];
    for &selector in selectors {
        let index = latest
            .iter()
            .take_while(|&&table| table != selector)
            .count();
        latest[..=index].rotate_right(1);
        bits.put(index as u32 + 1, (1 << (index + 1)) - 2);
    }
}

/// A table's code lengths, each as steps from the one before: `10` up, `11` down, `0` there.
fn write_lengths(bits: &mut BitWriter, lengths: &[u8]) {
    let mut at = lengths[0];
    bits.put(5, u32::from(at));
    for &length in lengths {
        for _ in at..length {
            bits.put(2, 0b10);
        }
        for _ in length..at {
            bits.put(2, 0b11);
        }
        bits.put_flag(false);
        at = length;
    }
}

fn write_symbols(bits: &mut BitWriter, symbols: &Symbols, tables: &Tables) {
    let codes = |lengths: &Lengths| huffman::codes(&lengths[..symbols.alphabet]);
    let codes: Vec<_> = tables.lengths.iter().map(codes).collect();
    for (group, &selector) in symbols.list.chunks(GROUP).zip(&tables.selectors) {
        let codes = &codes[usize::from(selector)];
        for &symbol in group {
            let Code { length, bits: code } = codes[usize::from(symbol)];
            bits.put(length, code);
        }
    }
}
