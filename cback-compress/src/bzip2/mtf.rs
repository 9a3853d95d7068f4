//! Move-to-front and zero-run coding: from the last column to the symbols that are Huffman coded.
//!
//! Each byte becomes its place in a list of the bytes that occur, and moves to the list's front.
//! Zeros, the bulk of it, are counted, and the count written with two digits, 0 worth one and 1
//! worth two of each power of two, the least first. Place `p` becomes symbol `p + 1`, and one
//! symbol more than the largest of these ends the block.
//!
//! The next byte of the column is hard to guess, for a processor too, so branches on it are what
//! costs time here. A byte's place is zero exactly if the byte before it was the same: so runs are
//! found first, by comparing neighbours without branching, and only their heads go through the
//! list (`front`).

use std::io;

use super::front::Front;
use crate::buffer;

/// The most symbols there can be: two digits, 255 places, the end.
pub(super) const MOST_SYMBOLS: usize = 258;

/// A block's symbols.
#[derive(Clone)]
pub(super) struct Symbols {
    /// The symbols in order.
    pub(super) list: Vec<u16>,
    /// How many different ones there could be, 3 to [`MOST_SYMBOLS`].
    pub(super) alphabet: usize,
    /// How often each occurs.
    pub(super) counts: [u32; MOST_SYMBOLS],
}

impl Symbols {
    pub(super) fn new() -> Self {
        Symbols {
            list: Vec::new(),
            alphabet: 0,
            counts: [0; MOST_SYMBOLS],
        }
    }

    /// Codes the last column; `used` says which bytes occur in it.
    pub(super) fn code(&mut self, last_column: &[u8], used: &[bool; 256]) -> io::Result<()> {
        let in_use = (0..=u8::MAX).filter(|&byte| used[usize::from(byte)]);
        let mut front = Front::new(in_use.clone());
        self.alphabet = in_use.count() + 2;
        // At most one symbol a byte, the end, and digits that are cut off again.
        buffer::resize(&mut self.list, last_column.len() + 1 + DIGITS_AT_ONCE)?;
        let mut writer = Writer {
            list: &mut self.list,
            end: 0,
        };
        let mut coded = 0;
        for_each_head(last_column, front.first(), |head, position| {
            writer.put_zeros(position - coded);
            writer.put(front.move_to_front(head) + 1);
            coded = position + 1;
        });
        writer.put_zeros(last_column.len() - coded);
        writer.put(self.alphabet as u16 - 1);
        let end = writer.end;
        self.list.truncate(end);
        self.count();
        Ok(())
    }

    fn count(&mut self) {
        // Two counts, because one that was just changed is slow to change again.
        let mut counts = [[0; MOST_SYMBOLS]; 2];
        for pair in self.list.chunks(2) {
            for (counts, &symbol) in counts.iter_mut().zip(pair) {
                counts[usize::from(symbol)] += 1;
            }
        }
        let [even, odd] = counts;
        for (sum, (even, odd)) in self.counts.iter_mut().zip(even.iter().zip(odd)) {
            *sum = even + odd;
        }
    }
}

/// How much of the column is searched for heads before they are used: what the nearest cache holds.
const STRETCH: usize = 2048;

/// Calls `each` with the bytes that differ from the one before them, and their positions.
fn for_each_head(column: &[u8], mut before: u8, mut each: impl FnMut(u8, usize)) {
    let mut heads = [(0, 0); STRETCH];
    for (number, stretch) in column.chunks(STRETCH).enumerate() {
        let mut found = 0;
        for (index, &byte) in stretch.iter().enumerate() {
            heads[found] = (byte, index as u16);
            found += usize::from(byte != before);
            before = byte;
        }
        for &(byte, index) in &heads[..found] {
            each(byte, number * STRETCH + usize::from(index));
        }
    }
}

const DIGITS_AT_ONCE: usize = 4;

/// The digits of all numbers of so many digits.
const DIGITS: [[u16; DIGITS_AT_ONCE]; 1 << DIGITS_AT_ONCE] = {
    let mut digits = [[0; DIGITS_AT_ONCE]; 1 << DIGITS_AT_ONCE];
    let mut number = 0;
    while number < digits.len() {
        let mut index = 0;
        while index < DIGITS_AT_ONCE {
            digits[number][index] = (number >> index & 1) as u16;
            index += 1;
        }
        number += 1;
    }
    digits
};

struct Writer<'a> {
    list: &'a mut [u16],
    end: usize,
}

impl Writer<'_> {
    fn put(&mut self, symbol: u16) {
        self.list[self.end] = symbol;
        self.end += 1;
    }

    /// Writes a count of zeros; nothing for none.
    fn put_zeros(&mut self, zeros: usize) {
        // With digits worth one and two, the digits are those of the next number without its first.
        let mut number = zeros + 1;
        while number >> DIGITS_AT_ONCE > 1 {
            self.put_digits(number);
            self.end += DIGITS_AT_ONCE;
            number >>= DIGITS_AT_ONCE;
        }
        self.put_digits(number);
        self.end += number.ilog2() as usize;
    }

    fn put_digits(&mut self, number: usize) {
        let digits = &DIGITS[number % DIGITS.len()];
        self.list[self.end..self.end + DIGITS_AT_ONCE].copy_from_slice(digits);
    }
}
