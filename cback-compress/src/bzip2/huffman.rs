//! Code lengths and codes for one Huffman table.
//!
//! There are many best codes for the same counts. To get the one that bzip2 gets, ties must fall
//! as they do there: a binary heap of nodes numbered from 1, ordered by count and then by the
//! depth of the tree below, where a new node rises only past heavier ones and the one put on top
//! after a removal sinks below lighter *and equal* ones. A code longer than 17 bits makes bzip2
//! halve the counts and try again.

use super::mtf::MOST_SYMBOLS;

/// The longest that bzip2 has written since 1.0.3; the format would allow 20.
const LONGEST_CODE: u8 = 17;

/// Where the count stands in a weight; the depth is below.
const COUNT_SHIFT: u32 = 8;

/// The lengths of the codes for symbols that occur so often; one that does not occur gets a code too.
pub(super) fn code_lengths(counts: &[u32], lengths: &mut [u8]) {
    let mut tree = Tree::new();
    let mut counts: Vec<u32> = counts.iter().map(|&count| count.max(1)).collect();
    loop {
        tree.grow(&counts);
        tree.measure(lengths);
        if lengths.iter().all(|&length| length <= LONGEST_CODE) {
            break;
        }
        for count in &mut counts {
            *count = *count / 2 + 1;
        }
    }
}

/// A symbol's code: how many bits, and which.
#[derive(Clone, Copy, Default)]
pub(super) struct Code {
    pub(super) length: u32,
    pub(super) bits: u32,
}

/// The canonical codes of these lengths: shorter before longer, then in the order of the symbols.
pub(super) fn codes(lengths: &[u8]) -> [Code; MOST_SYMBOLS] {
    let mut codes = [Code::default(); MOST_SYMBOLS];
    let mut bits = 0;
    for length in 1..=LONGEST_CODE {
        for (code, _) in codes
            .iter_mut()
            .zip(lengths)
            .filter(|(_, own)| **own == length)
        {
            *code = Code {
                length: length.into(),
                bits,
            };
            bits += 1;
        }
        bits <<= 1;
    }
    codes
}

/// A Huffman tree and the heap it grows from. Nodes count from 1, leaves first; 0 is no node.
struct Tree {
    weights: [u32; 2 * MOST_SYMBOLS],
    parents: [u16; 2 * MOST_SYMBOLS],
    nodes: usize,
    heap: [u16; MOST_SYMBOLS + 1],
    heaped: usize,
}

impl Tree {
    fn new() -> Self {
        Tree {
            weights: [0; 2 * MOST_SYMBOLS],
            parents: [0; 2 * MOST_SYMBOLS],
            nodes: 0,
            heap: [0; MOST_SYMBOLS + 1],
            heaped: 0,
        }
    }

    fn grow(&mut self, counts: &[u32]) {
        self.nodes = 0;
        for count in counts {
            self.add(count << COUNT_SHIFT);
        }
        while self.heaped > 1 {
            let pair = [self.remove_lightest(), self.remove_lightest()];
            let [one, other] = pair.map(|node| self.weights[node]);
            let depth = 1 + (one as u8).max(other as u8);
            self.add(
                ((one >> COUNT_SHIFT) + (other >> COUNT_SHIFT)) << COUNT_SHIFT | u32::from(depth),
            );
            for node in pair {
                self.parents[node] = self.nodes as u16;
            }
        }
        self.heaped = 0;
    }

    /// Puts the depth of every leaf into `lengths`.
    fn measure(&self, lengths: &mut [u8]) {
        let mut depths = [0; 2 * MOST_SYMBOLS];
        for node in (1..self.nodes).rev() {
            depths[node] = depths[usize::from(self.parents[node])] + 1;
        }
        lengths.copy_from_slice(&depths[1..=lengths.len()]);
    }

    fn add(&mut self, weight: u32) {
        self.nodes += 1;
        self.weights[self.nodes] = weight;
        self.heaped += 1;
        let mut index = self.heaped;
        while index > 1 && weight < self.weight_at(index / 2) {
            self.heap[index] = self.heap[index / 2];
            index /= 2;
        }
        self.heap[index] = self.nodes as u16;
    }

    fn remove_lightest(&mut self) -> usize {
        let lightest = self.heap[1];
        let moved = self.heap[self.heaped];
        let weight = self.weights[usize::from(moved)];
        self.heaped -= 1;
        let mut index = 1;
        while let Some(child) = self.lighter_child(index) {
            if weight < self.weight_at(child) {
                break;
            }
            self.heap[index] = self.heap[child];
            index = child;
        }
        self.heap[index] = moved;
        usize::from(lightest)
    }

    fn lighter_child(&self, index: usize) -> Option<usize> {
        let left = 2 * index;
        let right = left + 1;
        if right <= self.heaped && self.weight_at(right) < self.weight_at(left) {
            return Some(right);
        }
        (left <= self.heaped).then_some(left)
    }

    fn weight_at(&self, index: usize) -> u32 {
        self.weights[usize::from(self.heap[index])]
    }
}
