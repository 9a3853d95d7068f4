//! Joining the blocks again, and checking what holds them together.
//!
//! As a rule a batch's blocks are whole, and what remains to be checked is the order of things and
//! the streams' checksums. A batch that does not unpack is taken segment by segment: one may be
//! damaged, or a magic may stand in a block's data by chance, so that the block goes on in the next
//! segment (`unfinished`).

use std::io::{self, Write};

use super::block::{self, Data, Piece};
use super::fault::{self, BAD_HEADER, CUT_OFF, FOLLOWED};
use super::segments::{Batch, Kind, Segment, header_level};
use super::unfinished::{Next, Unfinished};
use crate::bz2::{self, END_BITS};
use crate::pipeline::Join;

/// Writes the blocks' data, checks the streams.
pub(super) struct Streams {
    /// The level of the stream.
    level: u8,
    /// The checksum of the blocks so far.
    crc: u32,
    unfinished: Option<Unfinished>,
    state: State,
    /// Where what came so far ends: bits from the start of the input.
    end: u64,
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

    /// Takes a segment of which nothing is unpacked yet.
    fn segment(&mut self, segment: Segment, output: &mut impl Write) -> io::Result<()> {
        if let Some(so_far) = self.unfinished.take() {
            match so_far.go_on(&segment.bits)? {
                Next::Unfinished(so_far) => self.unfinished = Some(so_far),
                Next::Whole(block, data) => self.blocks(&[block], data, output)?,
                Next::WholeBefore(block, data) => {
                    self.blocks(&[block], data, output)?;
                    self.segment(segment, output)?;
                }
            }
        } else if segment.kind != Kind::Block {
            self.check(&segment)?;
        } else if let Some(data) = block::unpack([&segment.bits], self.level)? {
            self.blocks(&[segment], data, output)?;
        } else {
            self.unfinished = Some(Unfinished::new(segment, self.level)?);
        }
        Ok(())
    }

    /// Takes segments whose blocks unpack to this.
    fn blocks(
        &mut self,
        segments: &[Segment],
        data: Data,
        output: &mut impl Write,
    ) -> io::Result<()> {
        segments.iter().try_for_each(|it| self.check(it))?;
        if data.write(output)? {
            return Ok(());
        }
        let block = segments.iter().find(|it| it.kind == Kind::Block);
        Err(fault::in_block(block.map_or(0, |it| it.begins)))
    }

    /// Checks what holds the blocks together; those themselves are whole.
    fn check(&mut self, segment: &Segment) -> io::Result<()> {
        let Segment { begins, kind, bits } = segment;
        self.end = begins + bits.len() as u64;
        match kind {
            _ if self.state == State::Ended => Err(fault::at(begins / 8, FOLLOWED)),
            Kind::Start => self.follows(0, &bits.bytes, bits.unused),
            Kind::End => self.end_of_stream(segment),
            Kind::Block => {
                self.crc = bz2::fold(self.crc, bits.crc().unwrap_or_default());
                Ok(())
            }
        }
    }

    /// The end of a stream, and the header of another or the end of the input.
    fn end_of_stream(&mut self, Segment { begins, bits, .. }: &Segment) -> io::Result<()> {
        let Some(crc) = bits.crc() else {
            return Err(fault::at(self.end / 8, CUT_OFF));
        };
        if crc != self.crc {
            let what = "the checksum of the bzip2 stream that ends here is not that of its blocks";
            return Err(fault::at(begins / 8, what));
        }
        let end = begins + END_BITS as u64;
        let rest = &bits.bytes[(end / 8 - begins / 8) as usize..];
        if let [first, rest @ ..] = rest
            && !end.is_multiple_of(8)
        {
            if first << (end % 8) != 0 {
                let what = "the last bits of the bzip2 stream ought to be 0";
                return Err(fault::at(end / 8, what));
            }
            return self.follows(end.div_ceil(8), rest, bits.unused);
        }
        self.follows(end / 8, rest, bits.unused)
    }

    /// Checks the bytes between two streams, before the first or after the last.
    fn follows(&mut self, begins: u64, bytes: &[u8], unused: u32) -> io::Result<()> {
        self.crc = 0;
        if bytes.is_empty() && self.state != State::Start {
            self.state = State::Ended;
            return Ok(());
        }
        match header_level(bytes) {
            Some(level) if bytes.len() == 4 && unused == 0 => self.level = level,
            _ if self.state == State::Start => return Err(fault::at(begins, BAD_HEADER)),
            _ => return Err(fault::at(begins, FOLLOWED)),
        }
        self.state = State::InStream;
        Ok(())
    }
}

impl Join for Streams {
    type Piece = Piece;

    fn join(&mut self, piece: Piece, output: &mut impl Write) -> io::Result<()> {
        let Batch { level, segments } = piece.batch;
        // Another level only if the header that told it stands in a block's data.
        let is_known = level == self.level || segments[0].kind != Kind::Block;
        match piece.data {
            Some(data) if is_known && self.unfinished.is_none() => {
                self.blocks(&segments, data, output)
            }
            _ => segments
                .into_iter()
                .try_for_each(|it| self.segment(it, output)),
        }
    }

    fn finish(self, _: &mut impl Write) -> io::Result<()> {
        match self.unfinished {
            Some(unfinished) => Err(unfinished.damaged()),
            None if self.state == State::Ended => Ok(()),
            None => Err(fault::at(self.end / 8, CUT_OFF)),
        }
    }
}
