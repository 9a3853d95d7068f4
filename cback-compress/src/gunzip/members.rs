//! Reading members: header (RFC 1952, 2.3), deflated data, trailer.

use std::io::{self, Read};

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};

use super::bytes::Bytes;
use super::{Block, Trailer};
use crate::Error;
use crate::pipeline::Split;

/// Bytes inflated at a time.
const BLOCK: usize = 256 << 10;

/// The flags of a member's header (2.3.1).
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

const DAMAGED: &str = "the header of the gzip member that begins here is damaged";

/// Reads and inflates members.
pub(crate) struct Members {
    input: Bytes,
    /// Between its header and its trailer.
    inflater: Option<Decompress>,
}

impl Members {
    pub(super) fn new() -> Self {
        Self {
            input: Bytes::new(),
            inflater: None,
        }
    }

    /// Inflates up to the member's end, or as much as makes a block.
    fn inflate(&mut self, inflater: &mut Decompress, input: &mut impl Read) -> io::Result<Block> {
        let mut data = Vec::with_capacity(BLOCK);
        while data.len() < BLOCK {
            let bytes = self.input.some(input)?;
            if bytes.is_empty() {
                return Err(self.input.cut_off());
            }
            let before = (inflater.total_in(), data.len());
            let result = inflater.decompress_vec(bytes, &mut data, FlushDecompress::None);
            let taken = inflater.total_in() - before.0;
            self.input
                .take(usize::try_from(taken).map_err(io::Error::other)?);
            match result {
                Ok(Status::StreamEnd) => return self.end(data, input),
                Ok(_) if taken > 0 || data.len() > before.1 => {}
                _ => return Err(self.input.damaged("the deflated data is damaged")),
            }
        }
        let trailer = None;
        Ok(Block { data, trailer })
    }

    fn end(&mut self, data: Vec<u8>, input: &mut impl Read) -> io::Result<Block> {
        let byte = self.input.position();
        let trailer = Trailer {
            byte,
            crc: self.input.number(input)?,
            length: self.input.number(input)?,
        };
        let trailer = Some(trailer);
        Ok(Block { data, trailer })
    }

    /// Reads a header.
    fn begin(&mut self, input: &mut impl Read) -> io::Result<Decompress> {
        let begins = self.input.position();
        let mut header = Header {
            input: &mut self.input,
            crc: Hasher::new(),
        };
        let damaged = |what| Err(Error::Damaged { byte: begins, what }.into());
        if header.next(input)? != 0x1f || header.next(input)? != 0x8b {
            return damaged("the gzip data ends here, and something else follows");
        }
        let [method, flags] = [header.next(input)?, header.next(input)?];
        if method != 8 || flags & RESERVED != 0 {
            return damaged(DAMAGED);
        }
        // Time, compression level, operating system.
        header.skip(6, input)?;
        if flags & EXTRA != 0 {
            let length = [header.next(input)?, header.next(input)?];
            header.skip(u16::from_le_bytes(length), input)?;
        }
        for text in [NAME, COMMENT] {
            while flags & text != 0 && header.next(input)? != 0 {}
        }
        let crc = header.crc.clone().finalize().to_le_bytes();
        if flags & HEADER_CRC != 0 && [header.next(input)?, header.next(input)?] != crc[..2] {
            return damaged(DAMAGED);
        }
        Ok(Decompress::new(false))
    }
}

impl Split for Members {
    type Block = Block;

    fn split(&mut self, input: &mut impl Read) -> io::Result<Option<Block>> {
        let mut inflater = match self.inflater.take() {
            Some(inflater) => inflater,
            None if self.input.some(input)?.is_empty() => return Ok(None),
            None => self.begin(input)?,
        };
        let block = self.inflate(&mut inflater, input)?;
        if block.trailer.is_none() {
            self.inflater = Some(inflater);
        }
        Ok(Some(block))
    }
}

/// A member's header, and the checksum of what was read of it.
struct Header<'a> {
    input: &'a mut Bytes,
    crc: Hasher,
}

impl Header<'_> {
    fn next(&mut self, input: &mut impl Read) -> io::Result<u8> {
        let byte = self.input.next(input)?;
        self.crc.update(&[byte]);
        Ok(byte)
    }

    fn skip(&mut self, count: u16, input: &mut impl Read) -> io::Result<()> {
        (0..count).try_for_each(|_| self.next(input).map(drop))
    }
}
