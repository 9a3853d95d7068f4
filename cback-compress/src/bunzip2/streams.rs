//! Joining the blocks again, and checking what holds them together.
//!
//! The only judge of where a block ends is the block. So a segment that does not unpack is joined
//! to the next, and tried again: the magic between them may have stood in the data by chance. That
//! happens once in 2^48 bits, so a few tries are plenty, and no more are made, lest a hostile
//! input make us try for days.

use std::io::{self, Write};

use super::block::{self, Data, Piece};
use super::segments::{Kind, LONGEST, header_level};
use super::{damaged, error};
use crate::bzip2::bits::Bits;
use crate::bzip2::crc;
use crate::pipeline::Join;

/// How many segments may be joined to one that does not unpack.
const MOST_JOINED: usize = 4;

/// Bits of a magic and a checksum.
const END_BITS: usize = 48 + 32;

/// Writes the blocks' data, checks the streams.
pub(crate) struct Streams {
    /// The level of the stream.
    level: u8,
    /// The checksum of the blocks so far.
    crc: u32,
    /// A segment, and those joined to it, that does not unpack, or not yet.
    unfinished: Option<Unfinished>,
    state: State,
    /// Where what came so far ends: bits from the start of the input.
    end: u64,
}

struct Unfinished {
    begins: u64,
    bits: Bits,
    joined: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has come.
    Start,
    /// Behind a header or a block.
    InStream,
    /// Behind the end of a stream.
    Ended,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self {
            level: 0,
            crc: 0,
            unfinished: None,
            state: State::Start,
            end: 0,
        }
    }

    /// Joins one more segment to what did not unpack.
    fn retry(&mut self, mut so_far: Unfinished, next: &Bits) -> io::Result<Option<Data>> {
        so_far.bits.append(next);
        so_far.joined += 1;
        let data = block::unpack(&so_far.bits, self.level)?;
        if data.is_none() {
            if so_far.joined == MOST_JOINED || so_far.bits.bytes.len() > LONGEST {
                return Err(damaged(so_far.begins / 8));
            }
            self.unfinished = Some(so_far);
        }
        Ok(data)
    }

    fn block(&mut self, piece: Piece) -> io::Result<Option<Data>> {
        let Piece {
            begins,
            level,
            bits,
            data,
            ..
        } = piece;
        // Another level only if the header that told it stands in a block's data.
        let data = if level == self.level {
            data
        } else {
            block::unpack(&bits, self.level)?
        };
        if data.is_none() {
            let joined = 0;
            self.unfinished = Some(Unfinished {
                begins,
                bits,
                joined,
            });
        }
        Ok(data)
    }

    fn write(&mut self, data: Data, begins: u64, output: &mut impl Write) -> io::Result<()> {
        self.crc = crc::fold(self.crc, data.crc);
        let (crc, mut next) = (data.crc, Some(data));
        while let Some(Data { bytes, rest, .. }) = next {
            output.write_all(&bytes)?;
            next = match rest {
                Some(rest) => Some(
                    rest.unpack(crc, bytes.len())?
                        .ok_or_else(|| damaged(begins / 8))?,
                ),
                None => None,
            };
        }
        Ok(())
    }

    /// The end of a stream, and the header of another or the end of the input.
    fn end_of_stream(&mut self, begins: u64, bits: &Bits) -> io::Result<()> {
        if bits.len() < END_BITS {
            return Err(error(self.end / 8, CUT_OFF));
        }
        if bits.bytes[6..10] != self.crc.to_be_bytes() {
            return Err(error(
                begins / 8,
                "the checksum of the bzip2 stream that ends here is not that of its blocks",
            ));
        }
        // Up to the next byte of the input.
        let padding = ((begins + END_BITS as u64).wrapping_neg() % 8) as u32;
        let rest = Bits::between(bits.bytes[10..].to_vec(), 0, bits.unused);
        if padding > 0
            && rest
                .bytes
                .first()
                .is_none_or(|byte| byte >> (8 - padding) != 0)
        {
            return Err(error(
                (begins + END_BITS as u64) / 8,
                "the last bits of the bzip2 stream ought to be 0",
            ));
        }
        let rest = Bits::between(rest.bytes, padding, rest.unused);
        let follows = (begins + END_BITS as u64).div_ceil(8);
        self.follows(follows, &rest)
    }

    /// What stands between streams, or before the first.
    fn follows(&mut self, begins: u64, bits: &Bits) -> io::Result<()> {
        self.crc = 0;
        if bits.bytes.is_empty() && self.state != State::Start {
            self.state = State::Ended;
            return Ok(());
        }
        match header_level(&bits.bytes) {
            Some(level) if bits.len() == 32 => self.level = level,
            _ if self.state == State::Start => {
                return Err(error(begins, "the header of the bzip2 stream is damaged"));
            }
            _ => return Err(error(begins, FOLLOWED)),
        }
        self.state = State::InStream;
        Ok(())
    }
}

const CUT_OFF: &str = "the input ends here, in the middle of a bzip2 stream";
const FOLLOWED: &str = "the bzip2 data ends here, and something else follows";

impl Join for Streams {
    type Piece = Piece;

    fn join(&mut self, piece: Piece, output: &mut impl Write) -> io::Result<()> {
        let begins = piece.begins;
        self.end = begins + piece.bits.len() as u64;
        if let Some(so_far) = self.unfinished.take() {
            let begins = so_far.begins;
            return match self.retry(so_far, &piece.bits)? {
                Some(data) => self.write(data, begins, output),
                None => Ok(()),
            };
        }
        match piece.kind {
            _ if self.state == State::Ended => Err(error(begins / 8, FOLLOWED)),
            Kind::Start => self.follows(begins / 8, &piece.bits),
            Kind::End => self.end_of_stream(begins, &piece.bits),
            Kind::Block => match self.block(piece)? {
                Some(data) => self.write(data, begins, output),
                None => Ok(()),
            },
        }
    }

    fn finish(self, _: &mut impl Write) -> io::Result<()> {
        match self.unfinished {
            Some(Unfinished { begins, .. }) => Err(damaged(begins / 8)),
            None if self.state == State::Ended => Ok(()),
            None => Err(error(self.end / 8, CUT_OFF)),
        }
    }
}
