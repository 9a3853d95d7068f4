//! gzip in independent blocks that make one member.
//!
//! Each block is deflated by itself and ends at a byte, so that the blocks' bytes one after the other
//! are one deflate stream. Blocks are cut by size alone, so the bytes depend on the input and the
//! level only. The CRCs of the blocks combine into the member's.
//!
//! One member, since there are readers that stop after the first of several.

use std::io::{self, Read, Write};
use std::iter;
use std::num::NonZeroUsize;

use crc32fast::Hasher;

use crate::buffer;
use crate::deflate::{Deflated, Deflater};
use crate::error::Error;
use crate::pipeline::{self, Join, read_block};

/// Bytes in a block. None knows the bytes before it, which with this many makes the output larger by
/// 0.3 %, with half as many by 0.6.
const BLOCK: usize = 1 << 20;

/// Bytes in deflate's window.
const WINDOW: usize = 32 << 10;

/// Packs `input` by level 1 to 9 into `output`.
pub(crate) fn pack(
    mut input: impl Read + Send + 'static,
    output: &mut impl Write,
    level: u8,
    threads: Option<NonZeroUsize>,
) -> Result<(), Error> {
    let mut before = Vec::new();
    let blocks = iter::from_fn(move || next_block(&mut input, &mut before).transpose());
    let mut deflater = Deflater::new(level);
    let convert = move |block| convert(&mut deflater, &block);
    pipeline::run(blocks, 1, convert, Member::new(level), output, threads)
}

/// A part of the input.
struct Block {
    /// As much of what stands before it as deflate can refer to.
    before: Vec<u8>,
    data: Vec<u8>,
}

fn next_block(input: &mut impl Read, before: &mut Vec<u8>) -> io::Result<Option<Block>> {
    let data = read_block(input, BLOCK)?;
    let latest = buffer::copy(&data[data.len().saturating_sub(WINDOW)..])?;
    let before = std::mem::replace(before, latest);
    Ok((!data.is_empty()).then_some(Block { before, data }))
}

/// A deflated block.
struct Piece {
    deflated: Deflated,
    crc: Hasher,
    length: usize,
}

fn convert(deflater: &mut Deflater, block: &Block) -> io::Result<Piece> {
    let mut crc = Hasher::new();
    crc.update(&block.data);
    Ok(Piece {
        deflated: deflater.deflate(&block.before, &block.data)?,
        crc,
        length: block.data.len(),
    })
}

/// Puts the member together.
struct Member {
    /// The header or the last block that has come: how it ends depends on whether another follows.
    latest: Deflated,
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
        let header = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, effort, 3];
        Self {
            latest: Deflated::flushed(header),
            crc: Hasher::new(),
            length: 0,
        }
    }
}

impl Join for Member {
    type Piece = Piece;

    fn join(&mut self, piece: Piece, output: &mut impl Write) -> io::Result<()> {
        self.crc.combine(&piece.crc);
        self.length += piece.length as u64;
        let before = std::mem::replace(&mut self.latest, piece.deflated);
        output.write_all(&before.followed())
    }

    fn finish(self, output: &mut impl Write) -> io::Result<()> {
        let mut end = self.latest.finished();
        end.extend(self.crc.finalize().to_le_bytes());
        // The length modulo 2^32.
        end.extend(&self.length.to_le_bytes()[..4]);
        output.write_all(&end)
    }
}
