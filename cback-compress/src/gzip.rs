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
use flate2::{Compress, Compression, FlushCompress, Status};

use crate::pipeline::{Cut, Encode, Format, Join, read_block};

const BLOCK: usize = 128 << 10;
const WINDOW: usize = 32 << 10;

pub(crate) fn format(
    level: u8,
) -> Format<Cutter, impl Fn() -> Deflater + Clone + Send + 'static, Member> {
    Format {
        cut: Cutter::default(),
        encoder: move || Deflater::new(level),
        join: Member::new(level),
    }
}

/// A piece of the input with what comes before it.
pub(crate) struct Block {
    window: Vec<u8>,
    data: Vec<u8>,
    last: bool,
}

/// Cuts the input every `BLOCK` bytes, one block ahead: the last one must know that it is.
#[derive(Default)]
pub(crate) struct Cutter {
    window: Vec<u8>,
    next: Option<Vec<u8>>,
    ended: bool,
}

impl Cut for Cutter {
    type Block = Block;

    fn cut(&mut self, input: &mut impl Read) -> io::Result<Option<Block>> {
        if self.ended {
            return Ok(None);
        }
        let data = match self.next.take() {
            Some(data) => data,
            None => read_block(input, Vec::new(), BLOCK)?,
        };
        let next = read_block(input, Vec::new(), BLOCK)?;
        self.ended = next.is_empty();
        self.next = Some(next);
        let window = data[data.len().saturating_sub(WINDOW)..].to_vec();
        let window = std::mem::replace(&mut self.window, window);
        let last = self.ended;
        Ok(Some(Block { window, data, last }))
    }
}

/// Deflates blocks.
pub(crate) struct Deflater(Compress);

/// A deflated block.
pub(crate) struct Piece {
    deflated: Vec<u8>,
    crc: Hasher,
    length: usize,
}

impl Deflater {
    fn new(level: u8) -> Self {
        Self(Compress::new(Compression::new(level.into()), false))
    }

    fn deflate(&mut self, block: &Block) -> io::Result<Vec<u8>> {
        self.0.reset();
        if !block.window.is_empty() {
            self.0.set_dictionary(&block.window)?;
        }
        let flush = if block.last {
            FlushCompress::Finish
        } else {
            FlushCompress::Sync
        };
        let mut deflated = Vec::with_capacity(block.data.len() / 2 + 64);
        loop {
            let done = usize::try_from(self.0.total_in()).map_err(io::Error::other)?;
            let status = self
                .0
                .compress_vec(&block.data[done..], &mut deflated, flush)?;
            // A flush is over when it leaves room, the stream when it says so.
            if status == Status::StreamEnd || !block.last && deflated.len() < deflated.capacity() {
                return Ok(deflated);
            }
            deflated.reserve(block.data.len() / 2 + 64);
        }
    }
}

impl Encode for Deflater {
    type Block = Block;
    type Piece = Piece;

    fn encode(&mut self, block: Block) -> io::Result<Piece> {
        let mut crc = Hasher::new();
        crc.update(&block.data);
        let deflated = self.deflate(&block)?;
        let length = block.data.len();
        Ok(Piece {
            deflated,
            crc,
            length,
        })
    }
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
        // The format has the length modulo 2^32.
        let length = self.length.to_le_bytes();
        output.write_all(&self.crc.finalize().to_le_bytes())?;
        output.write_all(&length[..4])
    }
}
