//! gzip members, one after the other, back to what was packed.
//!
//! Inflating cannot be shared out, since each byte may need any of the 32 KiB before it. But the
//! thread that inflates does nothing else (`members`): others compute the checksums and write.
//!
//! Members are taken apart here and not by flate2, which would overlook what follows the last one
//! and compute checksums in the thread that is busiest.

mod bytes;
mod members;

use std::io::{self, Write};

use crc32fast::Hasher;

use crate::Error;
use crate::pipeline::{Convert, Format, Join};
use members::Members;

/// gzip, unpacked.
pub(crate) fn format() -> Format<Members, Checksum, Checker> {
    Format {
        split: Members::new(),
        converter: Checksum,
        join: Checker::default(),
    }
}

/// Some of a member's data.
pub(crate) struct Block {
    data: Vec<u8>,
    /// If the member ends here.
    trailer: Option<Trailer>,
}

/// What a member ends with.
struct Trailer {
    /// Where it stands in the input.
    byte: u64,
    crc: u32,
    /// Modulo 2^32.
    length: u32,
}

/// Computes checksums.
#[derive(Clone)]
pub(crate) struct Checksum;

impl Convert for Checksum {
    type Block = Block;
    type Piece = (Block, Hasher);

    fn convert(&mut self, block: Block) -> io::Result<(Block, Hasher)> {
        let mut crc = Hasher::new();
        crc.update(&block.data);
        Ok((block, crc))
    }
}

/// Writes the data, compares it with the trailers.
#[derive(Default)]
pub(crate) struct Checker {
    crc: Hasher,
    length: u64,
}

impl Join for Checker {
    type Piece = (Block, Hasher);

    fn join(&mut self, (block, crc): (Block, Hasher), output: &mut impl Write) -> io::Result<()> {
        output.write_all(&block.data)?;
        self.crc.combine(&crc);
        self.length += block.data.len() as u64;
        let Some(trailer) = block.trailer else {
            return Ok(());
        };
        let Self { crc, length } = std::mem::take(self);
        if (crc.finalize(), length % (1 << 32)) == (trailer.crc, trailer.length.into()) {
            return Ok(());
        }
        let damaged = Error::Damaged {
            byte: trailer.byte,
            what: "the checksum or length here is not that of the gzip member before it",
        };
        Err(damaged.into())
    }

    fn finish(self, _: &mut impl Write) -> io::Result<()> {
        Ok(())
    }
}
