//! Unpacking blocks, by making a whole stream of them for the bzip2 crate.

use std::io::{self, ErrorKind, Write};

use bzip2::{Decompress, Status};

use super::segments::Batch;
use crate::bz2::{self, BitWriter, Bits};

/// As much is unpacked at once. Few blocks hold more: a block has at most 900,000 bytes, but as
/// bzip2 codes runs first, five of them can stand for 259.
const MOST_AT_ONCE: usize = 1 << 20;

/// A batch, and what its blocks unpack to.
pub(super) struct Piece {
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

/// Unpacks the blocks of a batch.
pub(super) fn convert(batch: Batch) -> io::Result<Piece> {
    let blocks = batch.blocks().count();
    let data = match blocks {
        0 => None,
        _ => unpack(batch.blocks(), batch.level)?,
    };
    // Several are written only when all are known to be whole.
    let data = data.filter(|data| blocks == 1 || data.rest.is_none());
    Ok(Piece { batch, data })
}

/// Unpacks blocks of a stream of this level; none if each of these is not exactly one.
pub(super) fn unpack<'a>(
    blocks: impl IntoIterator<Item = &'a Bits>,
    level: u8,
) -> io::Result<Option<Data>> {
    let mut stream = BitWriter::stream(level);
    let mut sum = 0;
    for block in blocks {
        let Some(crc) = block.crc() else {
            return Ok(None);
        };
        sum = bz2::fold(sum, crc);
        stream.reserve(block.bytes.len() + 16)?;
        stream.append(block);
    }
    stream.end(sum);
    let unpacking = Unpacking {
        decoder: Decompress::new(false),
        stream: stream.finish().bytes,
    };
    unpacking.go_on()
}

impl Unpacking {
    /// Unpacks on; none if the stream is damaged, or ends in the middle of a block.
    fn go_on(mut self) -> io::Result<Option<Data>> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(MOST_AT_ONCE)?;
        let rest = &self.stream[self.decoder.total_in() as usize..];
        let status = self.decoder.decompress_vec(rest, &mut bytes);
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
    pub(super) fn write(mut self, output: &mut impl Write) -> io::Result<bool> {
        loop {
            output.write_all(&self.bytes)?;
            let Some(rest) = self.rest else {
                return Ok(true);
            };
            match rest.go_on()? {
                Some(more) => self = more,
                None => return Ok(false),
            }
        }
    }
}
