//! The choice of Huffman tables: which ones a block has, and which of them codes which symbols.
//!
//! Every 50 symbols may use another table. bzip2 starts from tables that split the alphabet among
//! them and improves them four times: each group of 50 picks the table that codes it in the fewest
//! bits (the first of several), and each table is made anew for the groups that picked it.
//!
//! To price a group by all tables at once, a symbol's code lengths in all of them stand side by
//! side in one word, and a group's price is 50 additions.

use super::huffman;
use super::mtf::{MOST_SYMBOLS, Symbols};

/// How many symbols in a row share a table.
pub(super) const GROUP: usize = 50;

const MOST_TABLES: usize = 6;
const ROUNDS: usize = 4;

/// Code lengths to start from, for symbols that a table is and is not meant for.
const CHEAP: u8 = 0;
const DEAR: u8 = 15;

/// The width of one table's share of a price: 50 codes of 17 bits fit.
const LANE: usize = 10;

/// Room for a figure of each symbol: a power of two, so that no index has to be checked.
const ROOM: usize = MOST_SYMBOLS.next_power_of_two();

/// The lengths of a table's codes.
pub(super) type Lengths = [u8; MOST_SYMBOLS];

/// A block's tables.
#[derive(Clone, Default)]
pub(super) struct Tables {
    /// Each table's code lengths; those beyond the alphabet mean nothing.
    pub(super) lengths: Vec<Lengths>,
    /// The table that each group uses.
    pub(super) selectors: Vec<u8>,
}

impl Tables {
    /// Chooses the tables for a block.
    pub(super) fn choose(&mut self, symbols: &Symbols) {
        self.lengths = split_alphabet(symbols);
        for _ in 0..ROUNDS {
            let counts = self.select(symbols);
            for (lengths, counts) in self.lengths.iter_mut().zip(&counts) {
                huffman::code_lengths(
                    &counts[..symbols.alphabet],
                    &mut lengths[..symbols.alphabet],
                );
            }
        }
    }

    /// Selects each group's table; counts the symbols that each table then codes.
    fn select(&mut self, symbols: &Symbols) -> [[u32; ROOM]; MOST_TABLES] {
        let prices = self.prices();
        let mut counts = [[0; ROOM]; MOST_TABLES];
        self.selectors.clear();
        for group in symbols.list.chunks(GROUP) {
            let price = group
                .iter()
                .map(|&symbol| prices[usize::from(symbol) % ROOM])
                .sum();
            let table = cheapest(price, self.lengths.len());
            self.selectors.push(table as u8);
            for &symbol in group {
                counts[table][usize::from(symbol) % ROOM] += 1;
            }
        }
        counts
    }

    /// For each symbol, its code lengths in all tables, each in its lane.
    fn prices(&self) -> [u64; ROOM] {
        let mut prices = [0; ROOM];
        for (table, lengths) in self.lengths.iter().enumerate() {
            for (price, &length) in prices.iter_mut().zip(lengths) {
                *price |= u64::from(length) << (LANE * table);
            }
        }
        prices
    }
}

/// The first of the tables with the least price.
fn cheapest(price: u64, tables: usize) -> usize {
    let lane = |table: &usize| price >> (LANE * table) & ((1 << LANE) - 1);
    (0..tables).min_by_key(lane).unwrap_or(0)
}

fn how_many(symbols: usize) -> usize {
    match symbols {
        0..200 => 2,
        200..600 => 3,
        600..1200 => 4,
        1200..2400 => 5,
        _ => MOST_TABLES,
    }
}

/// The tables to start from: the alphabet cut into stretches that occur about equally often, a
/// table meant for each, the last table for the first stretch.
fn split_alphabet(symbols: &Symbols) -> Vec<Lengths> {
    let tables = how_many(symbols.list.len());
    let mut lengths = vec![[DEAR; MOST_SYMBOLS]; tables];
    let mut left = symbols.list.len() as u32;
    let mut first = 0;
    for table in (0..tables).rev() {
        let share = left / (table as u32 + 1);
        let mut sum = 0;
        let mut end = first;
        while sum < share && end < symbols.alphabet {
            sum += symbols.counts[end];
            end += 1;
        }
        // Every other one but the last leaves the symbol that went over its share to the next.
        if table != 0 && (tables - table).is_multiple_of(2) && end > first + 1 {
            end -= 1;
            sum -= symbols.counts[end];
        }
        lengths[table][first..end].fill(CHEAP);
        first = end;
        left -= sum;
    }
    lengths
}
