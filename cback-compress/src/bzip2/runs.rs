//! Run-length coding and cutting, the two things that bzip2 does to its input as it arrives.
//!
//! A run of one to three equal bytes stands for itself. Four to 255 of them become four and a
//! count of how many more there were, 0 to 251; what a longer run has left is a new run. A block
//! is full once it holds `100_000 * level - 19` coded bytes, and bzip2 looks only *before it takes
//! the next byte*, whereas a run is coded only once the byte after it was seen. So a run may put
//! the block up to four bytes over the mark, and the byte that ended it opens the next block.
//!
//! This is all the work that cannot be shared out, because where a block ends depends on
//! everything before it: it has to be quick. Stretches without four equal bytes in a row are
//! copied whole; near a block's end, and in runs, it goes run by run.

use std::io::{self, Write};

use super::crc::Crc;

/// The longest run that one count can tell.
const LONGEST_RUN: usize = 255;

/// How many bytes are looked through at once for four equal ones.
const STRIDE: usize = 32;

/// One block: what a bzip2 block's transform is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// The run-length code, never empty.
    pub(super) bytes: Vec<u8>,
    /// The checksum of the bytes it stands for.
    pub(super) crc: u32,
}

/// Takes the input in whatever pieces it arrives, gives the blocks.
pub(crate) struct RunCoder {
    full: usize,
    coded: Vec<u8>,
    crc: Crc,
    run: Run,
}

/// The run that the last byte seen belongs to, neither coded nor in the checksum yet.
#[derive(Clone, Copy, Default)]
struct Run {
    byte: u8,
    length: usize,
}

impl RunCoder {
    /// A coder for the blocks of level 1 to 9.
    pub(super) fn new(level: u8) -> Self {
        RunCoder {
            full: usize::from(level) * 100_000 - 19,
            coded: Vec::new(),
            crc: Crc::default(),
            run: Run::default(),
        }
    }

    /// Takes bytes off the front of `input`, up to its end or that of a block, which it returns.
    pub(super) fn feed(&mut self, input: &mut &[u8]) -> io::Result<Option<Block>> {
        // A run of four makes the code longer by one.
        let longest = self.full + 4 - self.coded.len();
        self.coded.try_reserve(longest.min(5 * (input.len() + 4)))?;
        while !input.is_empty() {
            if self.run.length == 0 {
                self.copy_stretch(input);
            }
            self.run.extend(input);
            if !input.is_empty() {
                self.code_run();
                if self.coded.len() >= self.full {
                    return Ok(Some(self.take_block()));
                }
            }
        }
        Ok(None)
    }

    /// The last block, unless there is nothing left for one.
    pub(super) fn finish(mut self) -> Option<Block> {
        self.code_run();
        (!self.coded.is_empty()).then(|| self.take_block())
    }

    /// Copies what stands for itself and cannot fill the block.
    fn copy_stretch(&mut self, input: &mut &[u8]) {
        let room = self.full - self.coded.len();
        let length = stretch(&input[..room.min(input.len())]);
        let (stretch, rest) = input.split_at(length);
        self.coded.extend_from_slice(stretch);
        self.crc.update(stretch);
        *input = rest;
    }

    fn code_run(&mut self) {
        let Run { byte, length } = std::mem::take(&mut self.run);
        let bytes = [byte; LONGEST_RUN];
        self.crc.update(&bytes[..length]);
        self.coded.extend_from_slice(&bytes[..length.min(4)]);
        if let Some(more) = length.checked_sub(4) {
            self.coded.push(more as u8);
        }
    }

    fn take_block(&mut self) -> Block {
        Block {
            bytes: std::mem::take(&mut self.coded),
            crc: self.crc.take(),
        }
    }
}

impl Run {
    /// Takes the bytes that belong to the run off the front of `input`.
    fn extend(&mut self, input: &mut &[u8]) {
        if self.length == 0 {
            self.byte = input[0];
        }
        let room = input.len().min(LONGEST_RUN - self.length);
        let more = leading(self.byte, &input[..room]);
        self.length += more;
        *input = &input[more..];
    }
}

/// How many of the first bytes are `byte`.
fn leading(byte: u8, bytes: &[u8]) -> usize {
    const WORD: usize = size_of::<u64>();
    let equal = [byte; WORD];
    let words = bytes.chunks_exact(WORD).take_while(|word| **word == equal);
    let whole = words.count() * WORD;
    let rest = bytes[whole..].iter().take_while(|&&other| other == byte);
    whole + rest.count()
}

/// How many of the first bytes surely stand for themselves. A run may reach over the end, but not
/// to a fourth byte, so that what is left of it stands for itself too.
fn stretch(bytes: &[u8]) -> usize {
    let mut start = 0;
    while let Some(window) = bytes[start..].first_chunk() {
        if let Some(index) = four_equal(window) {
            return start + index;
        }
        start += STRIDE;
    }
    start
}

/// The first place in the stride where four equal bytes begin.
fn four_equal(window: &[u8; STRIDE + 3]) -> Option<usize> {
    let four = |at: usize| {
        let equal = |ahead| window[at] == window[at + ahead];
        equal(1) & equal(2) & equal(3)
    };
    // No way out in the middle, here and above: so the compiler makes vector instructions of it.
    let any = (0..STRIDE).fold(false, |any, at| any | four(at));
    any.then(|| (0..STRIDE).position(four)).flatten()
}

/// Writes the bytes that a block stands for.
pub(super) fn expand(mut coded: &[u8], to: &mut impl Write) -> io::Result<()> {
    while let [byte, ..] = *coded {
        let mut length = leading(byte, &coded[..coded.len().min(4)]);
        coded = &coded[length..];
        if length == 4
            && let [more, rest @ ..] = coded
        {
            length += usize::from(*more);
            coded = rest;
        }
        to.write_all(&[byte; LONGEST_RUN + 4][..length])?;
    }
    Ok(())
}
