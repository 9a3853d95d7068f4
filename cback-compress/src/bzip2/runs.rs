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

use std::io::{self, Read, Write};

use crc32fast::Hasher;

/// Bytes read at a time; where blocks end is for the coder to find.
const CHUNK: u64 = 256 << 10;

/// The longest run that one count can tell.
const LONGEST_RUN: usize = 255;

/// How many bytes are looked through at once for four equal ones.
const STRIDE: usize = 32;

/// One block: what a bzip2 block's transform is given.
pub(super) struct Block {
    /// The run-length code, never empty.
    pub(super) bytes: Vec<u8>,
    /// The checksum of the bytes it stands for.
    pub(super) crc: u32,
}

/// The blocks of an input.
pub(super) struct Blocks<R> {
    input: R,
    chunk: Vec<u8>,
    /// How many bytes of the chunk are taken.
    taken: usize,
    /// None once the input has ended.
    coder: Option<Coder>,
}

impl<R: Read> Blocks<R> {
    /// Blocks of level 1 to 9.
    pub(super) fn new(input: R, level: u8) -> Self {
        let full = usize::from(level) * 100_000 - 19;
        let coder = Some(Coder {
            full,
            ..Coder::default()
        });
        let (chunk, taken) = (Vec::new(), 0);
        Self {
            input,
            chunk,
            taken,
            coder,
        }
    }

    fn next_block(&mut self) -> io::Result<Option<Block>> {
        while let Some(coder) = &mut self.coder {
            let (taken, block) = coder.take(&self.chunk[self.taken..])?;
            self.taken += taken;
            if block.is_some() {
                return Ok(block);
            }
            self.chunk.clear();
            self.taken = 0;
            let mut chunk = self.input.by_ref().take(CHUNK);
            if chunk.read_to_end(&mut self.chunk)? == 0 {
                return Ok(self.coder.take().and_then(Coder::finish));
            }
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = io::Result<Block>;

    fn next(&mut self) -> Option<io::Result<Block>> {
        self.next_block().transpose()
    }
}

/// Takes the input in whatever pieces it arrives.
#[derive(Default)]
struct Coder {
    /// How many coded bytes fill a block.
    full: usize,
    coded: Vec<u8>,
    crc: Hasher,
    /// The run that the last byte taken belongs to, which is not coded yet: its byte and its length.
    run: (u8, usize),
}

impl Coder {
    /// Takes bytes, up to the end of `input` or of a block: how many, and that block.
    fn take(&mut self, input: &[u8]) -> io::Result<(usize, Option<Block>)> {
        // A run of four makes the code longer by one.
        let longest = self.full + 4 - self.coded.len();
        self.coded.try_reserve(longest.min(5 * (input.len() + 4)))?;
        let mut rest = input;
        let mut is_full = false;
        while !rest.is_empty() && !is_full {
            if self.run.1 == 0 {
                rest = self.copy_stretch(rest);
            }
            rest = self.extend_run(rest);
            if !rest.is_empty() {
                self.code_run();
                is_full = self.coded.len() >= self.full;
            }
        }
        let taken = input.len() - rest.len();
        self.add_to_crc(&input[..taken]);
        Ok((taken, is_full.then(|| self.take_block())))
    }

    /// The last block, unless there is nothing left for one.
    fn finish(mut self) -> Option<Block> {
        self.code_run();
        (!self.coded.is_empty()).then(|| self.take_block())
    }

    /// Copies what stands for itself and cannot fill the block; gives the rest.
    fn copy_stretch<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let room = self.full - self.coded.len();
        let (stretch, rest) = input.split_at(stretch(&input[..room.min(input.len())]));
        self.coded.extend_from_slice(stretch);
        rest
    }

    /// Takes the bytes that belong to the run, or begin one; gives the rest.
    fn extend_run<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let (byte, length) = match (self.run, input) {
            ((_, 0), [first, ..]) => (*first, 0),
            (run, _) => run,
        };
        let room = input.len().min(LONGEST_RUN - length);
        let more = leading(byte, &input[..room]);
        self.run = (byte, length + more);
        &input[more..]
    }

    fn code_run(&mut self) {
        let (byte, length) = std::mem::take(&mut self.run);
        self.coded.extend_from_slice(&[byte; 4][..length.min(4)]);
        if let Some(more) = length.checked_sub(4) {
            self.coded.push(more as u8);
        }
    }

    /// bzip2's checksum is the CRC-32 of zip and gzip, but fed each byte's most significant bit first: the
    /// ordinary CRC of the bytes with their bits reversed, with its own bits reversed.
    fn add_to_crc(&mut self, bytes: &[u8]) {
        let mut reversed = [0; 4096];
        for bytes in bytes.chunks(reversed.len()) {
            let reversed = &mut reversed[..bytes.len()];
            for (reversed, byte) in reversed.iter_mut().zip(bytes) {
                *reversed = byte.reverse_bits();
            }
            self.crc.update(reversed);
        }
    }

    fn take_block(&mut self) -> Block {
        let crc = std::mem::take(&mut self.crc);
        Block {
            bytes: std::mem::take(&mut self.coded),
            crc: crc.finalize().reverse_bits(),
        }
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
