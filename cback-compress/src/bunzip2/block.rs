//! Unpacking one block, by making a whole stream of it for the bzip2 crate.

use std::io::{self, ErrorKind};

use bzip2::{Decompress, Status};

use super::segments::{Kind, Segment};
use crate::bzip2::Stream;
use crate::bzip2::bits::Bits;
use crate::pipeline::{Convert, Join};

/// As much of a block is unpacked at once. Few hold more: a block has at most 900,000 bytes, but
/// as bzip2 codes runs first, five of them can stand for 259.
pub(super) const MOST_AT_ONCE: usize = 4 << 20;

/// What a block of level 1 unpacks to, as a rule not more.
const EXPECTED: usize = 128 << 10;

/// A segment, and what it unpacks to.
pub(crate) struct Piece {
    pub(super) begins: u64,
    pub(super) kind: Kind,
    pub(super) level: u8,
    pub(super) bits: Bits,
    /// None if it is not a whole block.
    pub(super) data: Option<Data>,
}

/// A block's data.
pub(super) struct Data {
    pub(super) crc: u32,
    pub(super) bytes: Vec<u8>,
    /// If there is more.
    pub(super) rest: Option<OneBlock>,
}

/// A stream of one block, wholly or partly still to be unpacked.
pub(super) struct OneBlock {
    decoder: Decompress,
    stream: Vec<u8>,
}

/// Unpacks blocks.
pub(crate) struct Decoder;

impl Convert for Decoder {
    type Block = Segment;
    type Piece = Piece;

    fn convert(&mut self, segment: Segment) -> io::Result<Piece> {
        let Segment {
            begins,
            kind,
            level,
            ..
        } = segment;
        let bits = segment.into_bits();
        let data = match kind {
            Kind::Block => unpack(&bits, level)?,
            Kind::Start | Kind::End => None,
        };
        Ok(Piece {
            begins,
            kind,
            level,
            bits,
            data,
        })
    }
}

/// Unpacks a block of a stream of this level; none if these bits are not exactly one.
pub(super) fn unpack(bits: &Bits, level: u8) -> io::Result<Option<Data>> {
    let Some(crc) = bits.bytes.get(6..10).and_then(<[u8]>::first_chunk) else {
        return Ok(None);
    };
    let crc = u32::from_be_bytes(*crc);
    let block = OneBlock {
        decoder: Decompress::new(false),
        stream: one_block_stream(bits, crc, level)?,
    };
    block.unpack(crc, usize::from(level) * EXPECTED)
}

fn one_block_stream(bits: &Bits, crc: u32, level: u8) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(bits.bytes.len() + 16);
    let mut stream = Stream::new(level);
    stream.append(bits, crc, &mut bytes)?;
    stream.finish(&mut bytes)?;
    Ok(bytes)
}

impl OneBlock {
    /// Unpacks on; none if the stream is damaged, or ends in the middle of the block.
    pub(super) fn unpack(mut self, crc: u32, expected: usize) -> io::Result<Option<Data>> {
        let mut bytes = Vec::with_capacity(expected);
        loop {
            let taken = usize::try_from(self.decoder.total_in()).map_err(io::Error::other)?;
            let stream = &self.stream[taken..];
            let rest = match self.decoder.decompress_vec(stream, &mut bytes) {
                Ok(Status::MemNeeded) => return Err(ErrorKind::OutOfMemory.into()),
                Ok(Status::StreamEnd) if self.is_used_up() => None,
                Ok(Status::Ok) if bytes.len() == bytes.capacity() => Some(self),
                _ => return Ok(None),
            };
            match rest {
                Some(more) if bytes.len() < MOST_AT_ONCE => self = more,
                rest => return Ok(Some(Data { crc, bytes, rest })),
            }
            bytes.reserve_exact(bytes.len());
        }
    }

    fn is_used_up(&self) -> bool {
        self.decoder.total_in() == self.stream.len() as u64
    }
}
