//! Unpacking one block, by making a whole stream of it for the bzip2 crate.

use std::io;

use bzip2::{Decompress, Status};

use super::segments::{Kind, Segment};
use crate::bzip2::Stream;
use crate::bzip2::bits::Bits;
use crate::pipeline::{Convert, Join};

/// As much of a block is unpacked at once. Few hold more: a block has at most 900,000 bytes, but
/// as bzip2 codes runs first, five of them can stand for 259.
const MOST_AT_ONCE: usize = 4 << 20;

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
    pub(super) rest: Option<Rest>,
}

/// What is left to unpack of a block.
pub(super) struct Rest {
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
    let rest = Rest {
        decoder: Decompress::new(false),
        stream: one_block_stream(bits, crc, level)?,
    };
    rest.unpack(crc, usize::from(level) * EXPECTED)
}

fn one_block_stream(bits: &Bits, crc: u32, level: u8) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(bits.bytes.len() + 16);
    let mut stream = Stream::new(level);
    stream.append(bits, crc, &mut bytes)?;
    stream.finish(&mut bytes)?;
    Ok(bytes)
}

impl Rest {
    /// Unpacks on; none if something is wrong.
    pub(super) fn unpack(mut self, crc: u32, expected: usize) -> io::Result<Option<Data>> {
        let mut bytes = Vec::with_capacity(expected);
        loop {
            let before = (self.decoder.total_in(), bytes.len());
            let taken = usize::try_from(before.0).map_err(io::Error::other)?;
            let status = self
                .decoder
                .decompress_vec(&self.stream[taken..], &mut bytes);
            let rest = match status {
                Ok(Status::StreamEnd) if self.is_used_up() => None,
                Ok(Status::MemNeeded) => return Err(io::ErrorKind::OutOfMemory.into()),
                Ok(Status::Ok) if bytes.len() < bytes.capacity() => return Ok(None),
                Ok(Status::Ok) if bytes.len() < MOST_AT_ONCE => {
                    bytes.reserve_exact(bytes.len());
                    continue;
                }
                Ok(Status::Ok) => Some(self),
                _ => return Ok(None),
            };
            return Ok(Some(Data { crc, bytes, rest }));
        }
    }

    fn is_used_up(&self) -> bool {
        self.decoder.total_in() == self.stream.len() as u64
    }
}
