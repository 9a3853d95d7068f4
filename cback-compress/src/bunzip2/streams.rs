//! Joining the blocks again, and checking what holds them together.
//!
//! Where a block ends is known only by unpacking it. So a segment that does not unpack is joined
//! to the next, and tried again: the magic between them may have stood in the data by chance. That
//! happens once in 2^48 bits, so a few tries are enough; without a limit, a hostile input could
//! keep us trying for days.

use std::io::{self, Write};

use super::block::{self, Data, Piece};
use super::segments::{Kind, LONGEST, header_level};
use super::{BAD_HEADER, CUT_OFF, END_BITS, FOLLOWED, damaged, error};
use crate::bzip2::bits::Bits;
use crate::bzip2::crc;
use crate::pipeline::Join;

/// How many segments may be joined to one that does not unpack.
const MOST_JOINED: usize = 4;

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
        let crc = data.crc;
        self.crc = crc::fold(self.crc, crc);
        output.write_all(&data.bytes)?;
        let mut rest = data.rest;
        while let Some(block) = rest {
            let more = block.unpack(crc, block::MOST_AT_ONCE)?;
            let more = more.ok_or_else(|| damaged(begins / 8))?;
            output.write_all(&more.bytes)?;
            rest = more.rest;
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
        let end = begins + END_BITS as u64;
        let padding = (end.next_multiple_of(8) - end) as u32;
        let rest = Bits::between(bits.bytes[END_BITS / 8..].to_vec(), 0, bits.unused);
        // The bits up to the input's next byte; they are there, since the input has whole bytes.
        let first = rest.bytes.first().copied().unwrap_or_default();
        if u32::from(first) >> (8 - padding) != 0 {
            let what = "the last bits of the bzip2 stream ought to be 0";
            return Err(error(end / 8, what));
        }
        let rest = Bits::between(rest.bytes, padding, rest.unused);
        self.follows(end.div_ceil(8), &rest)
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
                return Err(error(begins, BAD_HEADER));
            }
            _ => return Err(error(begins, FOLLOWED)),
        }
        self.state = State::InStream;
        Ok(())
    }
}

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
