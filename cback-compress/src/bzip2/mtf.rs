//! Move-to-front and zero-run coding: from the last column to the symbols that are Huffman coded.
//!
//! Each byte becomes its place in a list of the bytes that occur, and moves to the list's front. Zeros,
//! the bulk of it, are counted, and the count written with two digits, `RUN_A` worth 1 and `RUN_B`
//! worth 2 of each power of two, the least significant first; place `p` becomes symbol `p + 1`, and one
//! symbol more than the largest of these ends the block.

/// The most symbols there can be: two digits, 255 places, the end.
pub(super) const MOST_SYMBOLS: usize = 258;

const RUN_A: u16 = 0;
const RUN_B: u16 = 1;

/// A block's symbols.
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
    pub(super) fn code(&mut self, last_column: &[u8], used: &[bool; 256]) {
        let mut front = Front::new(used);
        self.list.clear();
        self.alphabet = front.listed + 2;
        self.counts.fill(0);
        let mut zeros = 0;
        for &byte in last_column {
            if byte == front.list[0] {
                zeros += 1;
            } else {
                self.push_zeros(std::mem::take(&mut zeros));
                self.push(front.bring(byte) + 1);
            }
        }
        self.push_zeros(zeros);
        self.push(self.alphabet as u16 - 1);
    }

    fn push(&mut self, symbol: u16) {
        self.list.push(symbol);
        self.counts[usize::from(symbol)] += 1;
    }

    fn push_zeros(&mut self, mut zeros: u32) {
        while zeros > 0 {
            let digit = if zeros % 2 == 1 { RUN_A } else { RUN_B };
            self.push(digit);
            zeros = (zeros - 1) / 2;
        }
    }
}

/// The list of the bytes in use, the latest first.
struct Front {
    list: [u8; 256],
    listed: usize,
}

impl Front {
    fn new(used: &[bool; 256]) -> Self {
        let mut front = Front {
            list: [0; 256],
            listed: 0,
        };
        for byte in (0..=u8::MAX).filter(|&byte| used[usize::from(byte)]) {
            front.list[front.listed] = byte;
            front.listed += 1;
        }
        front
    }

    /// Moves a listed byte to the front and gives the place where it was.
    fn bring(&mut self, byte: u8) -> u16 {
        let mut place = 0_u8;
        let mut moving = std::mem::replace(&mut self.list[0], byte);
        while moving != byte {
            place += 1;
            std::mem::swap(&mut moving, &mut self.list[usize::from(place)]);
        }
        u16::from(place)
    }
}
