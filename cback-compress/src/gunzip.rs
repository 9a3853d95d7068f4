//! gzip members, one after the other, back to what was packed.
//!
//! Inflating cannot be shared out, since each byte may need any of the 32 KiB before it. But the
//! thread that inflates does nothing else: others compute the checksums and write.
//!
//! Members are taken apart here and not by flate2, which would overlook what follows the last one
//! and compute checksums in the thread that is busiest.

use std::io::{self, ErrorKind, Read, Write};
use std::ops::Range;

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};

use crate::Error;
use crate::pipeline::{Convert, Format, Join, Split};

/// Bytes read at a time.
const CHUNK: usize = 128 << 10;
/// Bytes inflated at a time.
const BLOCK: usize = 256 << 10;

/// The flags of a member's header (RFC 1952, 2.3.1).
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

pub(crate) fn format() -> Format<Members, fn() -> Checksum, Checker> {
    Format {
        split: Members::new(),
        converter: || Checksum,
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

/// Reads and inflates members.
pub(crate) struct Members {
    input: Bytes,
    /// Between its header and its trailer.
    inflater: Option<Decompress>,
}

impl Members {
    fn new() -> Self {
        Self {
            input: Bytes {
                chunk: vec![0; CHUNK],
                unread: 0..0,
                position: 0,
            },
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
        let byte = self.input.position;
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
        let begins = self.input.position;
        let mut header = Header {
            input: &mut self.input,
            crc: Hasher::new(),
        };
        let damaged = |what| Err(Error::Damaged { byte: begins, what }.into());
        if [header.next(input)?, header.next(input)?] != [0x1f, 0x8b] {
            return damaged("the gzip data ends here, and something else follows");
        }
        let [method, flags] = [header.next(input)?, header.next(input)?];
        if method != 8 || flags & RESERVED != 0 {
            return damaged("the header of the gzip member that begins here is damaged");
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
            return damaged("the header of the gzip member that begins here is damaged");
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

/// The input, a chunk at a time.
struct Bytes {
    chunk: Vec<u8>,
    unread: Range<usize>,
    /// How many bytes were taken.
    position: u64,
}

impl Bytes {
    /// What is there of the input; nothing only at its end.
    fn some(&mut self, input: &mut impl Read) -> io::Result<&[u8]> {
        while self.unread.is_empty() {
            match input.read(&mut self.chunk) {
                Ok(0) => break,
                Ok(count) => self.unread = 0..count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.chunk[self.unread.clone()])
    }

    fn take(&mut self, count: usize) {
        self.unread.start += count;
        self.position += count as u64;
    }

    fn next(&mut self, input: &mut impl Read) -> io::Result<u8> {
        let Some(&byte) = self.some(input)?.first() else {
            return Err(self.cut_off());
        };
        self.take(1);
        Ok(byte)
    }

    /// The next four bytes, the least first.
    fn number(&mut self, input: &mut impl Read) -> io::Result<u32> {
        let mut bytes = [0; 4];
        for byte in &mut bytes {
            *byte = self.next(input)?;
        }
        Ok(u32::from_le_bytes(bytes))
    }

    fn cut_off(&self) -> io::Error {
        self.damaged("the input ends here, in the middle of a gzip member")
    }

    fn damaged(&self, what: &'static str) -> io::Error {
        let byte = self.position;
        Error::Damaged { byte, what }.into()
    }
}

/// Computes checksums.
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
