//! gzip in independent blocks that make one member: pigz's scheme.
//!
//! Each block is deflated by itself, primed with the 32 KiB that stand before it (deflate's
//! window: a decoder has them at hand there), and flushed to a byte boundary, so that the blocks'
//! bytes one after the other are one deflate stream. Blocks are cut by size alone, so the bytes
//! depend on the input and the level only. The CRCs of the blocks combine into the member's.
//!
//! One member, since there are readers that stop after the first of several.

use std::io::{self, Read, Write};

use crc32fast::Hasher;
use zlib_rs::{Deflate, DeflateConfig, DeflateError, DeflateFlush, Strategy, compress_bound};

use crate::pipeline::{Convert, Format, Join, Split, read_block};
use crate::{buffer, repeats};

const BLOCK: usize = 512 << 10;
const WINDOW: usize = 32 << 10;
/// zlib-rs's level for each of gzip's, 1 to 9: the fastest whose output is not larger.
///
/// Its levels are not gzip's: 1 knows one code only and is far larger, 9 is larger than 8 and even
/// than 7. 5 is taken for 6 too, whose text is 0.4 % larger than gzip's: the next that is smaller,
/// 7, takes twice the time.
const BACKEND: [i32; 10] = [0, 2, 2, 3, 3, 5, 5, 7, 8, 8];
/// How many pieces of a block are tried both ways, and how many bytes each has.
const SAMPLES: usize = 3;
const SAMPLE: usize = 2 << 10;

pub(crate) fn format(level: u8) -> Format<Blocks, Deflater, Member> {
    Format {
        split: Blocks::default(),
        converter: Deflater { level },
        join: Member::new(level),
    }
}

/// A piece of the input with what comes before it.
pub(crate) struct Block {
    window: Vec<u8>,
    data: Vec<u8>,
    last: bool,
}

/// Splits the input every `BLOCK` bytes, one block ahead: the last one must know that it is.
#[derive(Default)]
pub(crate) struct Blocks {
    window: Vec<u8>,
    next: Option<Vec<u8>>,
    ended: bool,
}

impl Split for Blocks {
    type Block = Block;

    fn split(&mut self, input: &mut impl Read) -> io::Result<Option<Block>> {
        if self.ended {
            return Ok(None);
        }
        let data = match self.next.take() {
            Some(data) => data,
            None => read_block(input, BLOCK)?,
        };
        let next = match data.len() {
            BLOCK => read_block(input, BLOCK)?,
            _ => Vec::new(),
        };
        self.ended = next.is_empty();
        self.next = Some(next);
        let window = buffer::copy(&data[data.len().saturating_sub(WINDOW)..])?;
        let window = std::mem::replace(&mut self.window, window);
        let last = self.ended;
        Ok(Some(Block { window, data, last }))
    }
}

/// Deflates blocks.
#[derive(Clone)]
pub(crate) struct Deflater {
    level: u8,
}

/// A deflated block.
pub(crate) struct Piece {
    deflated: Vec<u8>,
    crc: Hasher,
    length: usize,
}

impl Convert for Deflater {
    type Block = Block;
    type Piece = Piece;

    fn convert(&mut self, block: Block) -> io::Result<Piece> {
        let mut crc = Hasher::new();
        crc.update(&block.data);
        let strategy = strategy(&block.data, self.level)?;
        let flush = if block.last {
            DeflateFlush::Finish
        } else {
            DeflateFlush::SyncFlush
        };
        let deflated = deflate(&block.window, &block.data, self.level, strategy, flush)?;
        Ok(Piece {
            deflated,
            crc,
            length: block.data.len(),
        })
    }
}

/// Huffman codes alone where few pieces are repeated and samples are smaller for it.
fn strategy(data: &[u8], level: u8) -> io::Result<Strategy> {
    if data.len() < WINDOW || repeats::are_many(data) {
        return Ok(Strategy::Default);
    }
    let (mut alone, mut with_repeats) = (0, 0);
    for number in 1..=SAMPLES {
        let (before, rest) = data.split_at(number * data.len() / (SAMPLES + 1));
        let window = &before[before.len().saturating_sub(WINDOW)..];
        let size = |window, strategy| {
            deflate(
                window,
                &rest[..SAMPLE],
                level,
                strategy,
                DeflateFlush::Finish,
            )
        };
        alone += size(&[], Strategy::HuffmanOnly)?.len();
        with_repeats += size(window, Strategy::Default)?.len();
    }
    Ok(if alone <= with_repeats {
        Strategy::HuffmanOnly
    } else {
        Strategy::Default
    })
}

/// Deflates `data`, with `window` before it.
///
/// With a new state each time: the window of a used one still holds the last block's bytes, and
/// zlib-rs's search looks at a few of them past the end of the new one's. So the output would depend
/// on which blocks this thread happened to get.
fn deflate(
    window: &[u8],
    data: &[u8],
    level: u8,
    strategy: Strategy,
    flush: DeflateFlush,
) -> io::Result<Vec<u8>> {
    let config = DeflateConfig {
        level: BACKEND[usize::from(level)],
        window_bits: raw_window(window.len() + data.len()),
        strategy,
        ..Default::default()
    };
    let mut state = Deflate::new_with_config(config);
    if !window.is_empty() {
        state.set_dictionary(window).map_err(failed)?;
    }
    // The most that this may come to, and a flush.
    let mut deflated = buffer::zeroed(compress_bound(data.len()) + 16)?;
    state.compress(data, &mut deflated, flush).map_err(failed)?;
    let (taken, made) = (state.total_in(), state.total_out());
    if taken != data.len() as u64 || made >= deflated.len() as u64 {
        return Err(io::Error::other("deflate has left something over"));
    }
    deflated.truncate(usize::try_from(made).map_err(io::Error::other)?);
    deflated.shrink_to_fit();
    Ok(deflated)
}

/// The bits of a window for `length` bytes, negative as zlib wants it for deflate without a wrapper.
///
/// No more than needed, since clearing the tables of the largest takes longer than deflating a little.
fn raw_window(length: usize) -> i32 {
    // zlib's search leaves 262 bytes of the window unused (MIN_LOOKAHEAD).
    -(9..15).find(|bits| length + 262 <= 1 << bits).unwrap_or(15)
}

fn failed(error: DeflateError) -> io::Error {
    io::Error::other(error.as_str())
}

/// Puts the member together.
pub(crate) struct Member {
    header: Option<[u8; 10]>,
    crc: Hasher,
    length: u64,
}

impl Member {
    /// RFC 1952: no name, no time, what level it was, made on Unix.
    fn new(level: u8) -> Self {
        let effort = match level {
            9 => 2,
            1 => 4,
            _ => 0,
        };
        Self {
            header: Some([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, effort, 3]),
            crc: Hasher::new(),
            length: 0,
        }
    }
}

impl Join for Member {
    type Piece = Piece;

    fn join(&mut self, piece: Piece, output: &mut impl Write) -> io::Result<()> {
        if let Some(header) = self.header.take() {
            output.write_all(&header)?;
        }
        self.crc.combine(&piece.crc);
        self.length += piece.length as u64;
        output.write_all(&piece.deflated)
    }

    fn finish(self, output: &mut impl Write) -> io::Result<()> {
        let mut trailer = [0; 8];
        trailer[..4].copy_from_slice(&self.crc.finalize().to_le_bytes());
        // The length modulo 2^32.
        trailer[4..].copy_from_slice(&self.length.to_le_bytes()[..4]);
        output.write_all(&trailer)
    }
}
