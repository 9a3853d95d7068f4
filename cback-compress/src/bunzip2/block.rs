//! Unpacking blocks, by making a whole stream of them for the bzip2 crate.

use std::io::{self, ErrorKind, Write};

use bzip2::{Decompress, Status};

use super::segments::Batch;
use crate::bz2::{self, Bits};
use crate::pipeline::Convert;

/// As much is unpacked at once. Few blocks hold more: a block has at most 900,000 bytes, but as
/// bzip2 codes runs first, five of them can stand for 259.
const MOST_AT_ONCE: usize = 1 << 20;

/// A batch, and what its blocks unpack to.
pub(crate) struct Piece {
    pub(super) batch: Batch,
    /// None if there are none, or not all of them are whole.
    pub(super) data: Option<Data>,
}

/// The data that blocks stand for.
pub(super) struct Data {
    bytes: Vec<u8>,
    /// If a single block holds more.
    rest: Option<Unpacking>,
}

/// A stream that is wholly or partly still to be unpacked.
struct Unpacking {
    decoder: Decompress,
    stream: Vec<u8>,
}

/// Unpacks blocks.
#[derive(Clone)]
pub(crate) struct Decoder;

impl Convert for Decoder {
    type Block = Batch;
    type Piece = Piece;

    fn convert(&mut self, batch: Batch) -> io::Result<Piece> {
        let blocks = batch.blocks().count();
        let data = match blocks {
            0 => None,
            _ => unpack(batch.blocks(), batch.level)?,
        };
        // Several are written only when all are known to be whole.
        let data = data.filter(|data| blocks == 1 || data.rest.is_none());
        Ok(Piece { batch, data })
    }
}

/// Unpacks blocks of a stream of this level; none if each of these is not exactly one.
pub(super) fn unpack<'a>(
    blocks: impl Iterator<Item = &'a Bits>,
    level: u8,
) -> io::Result<Option<Data>> {
    let mut stream = Bits::whole(bz2::header(level).to_vec());
    let mut sum = 0;
    for block in blocks {
        let Some(crc) = crc(block) else {
            return Ok(None);
        };
        sum = bz2::fold(sum, crc);
        stream.bytes.try_reserve(block.bytes.len() + 16)?;
        stream.append(block);
    }
    stream.append(&bz2::end(sum));
    let unpacking = Unpacking {
        decoder: Decompress::new(false),
        stream: stream.bytes,
    };
    unpacking.go_on()
}

/// The checksum that a block tells.
pub(super) fn crc(block: &Bits) -> Option<u32> {
    let bytes = block.bytes.get(6..10)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

impl Unpacking {
    /// Unpacks on; none if the stream is damaged, or ends in the middle of a block.
    fn go_on(mut self) -> io::Result<Option<Data>> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(MOST_AT_ONCE)?;
        let taken = usize::try_from(self.decoder.total_in()).map_err(io::Error::other)?;
        let status = self
            .decoder
            .decompress_vec(&self.stream[taken..], &mut bytes);
        let is_used_up = self.decoder.total_in() == self.stream.len() as u64;
        let rest = match status {
            Ok(Status::MemNeeded) => return Err(ErrorKind::OutOfMemory.into()),
            Ok(Status::StreamEnd) if is_used_up => None,
            Ok(Status::Ok) if bytes.len() == bytes.capacity() => Some(self),
            _ => return Ok(None),
        };
        Ok(Some(Data { bytes, rest }))
    }
}

impl Data {
    /// Writes all of it; false if the rest turns out to be damaged.
    pub(super) fn write(self, output: &mut impl Write) -> io::Result<bool> {
        let mut data = self;
        loop {
            output.write_all(&data.bytes)?;
            let Some(rest) = data.rest else {
                return Ok(true);
            };
            match rest.go_on()? {
                Some(more) => data = more,
                None => return Ok(false),
            }
        }
    }
}
