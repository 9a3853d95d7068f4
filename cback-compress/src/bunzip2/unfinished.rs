//! A block that may go on behind a magic that stands in its data by chance.
//!
//! A magic stands there once in 2^48 bits, or as often as somebody wishes. The segments are given,
//! one after the other, to a decoder that tells whether it wants more, and only where it does not
//! are they unpacked as a block: the time this takes depends on the block's length alone.

use std::io::{self, ErrorKind};

use bzip2::{Decompress, Status};

use super::block::{self, Data};
use super::fault;
use super::segments::{LONGEST, Segment};
use crate::bz2::{BitWriter, Bits};

/// The segments so far, as one.
pub(super) struct Unfinished {
    block: Segment,
    level: u8,
    decoder: Decompress,
    /// The block on its way to the decoder, which gets the last bits, fewer than 32, with those behind them.
    stream: BitWriter,
}

/// The outcome of a further segment.
pub(super) enum Next {
    /// The block goes on behind it.
    Unfinished(Unfinished),
    /// The block ends where it does.
    Whole(Segment, Data),
    /// The block ended where it begins.
    WholeBefore(Segment, Data),
}

impl Unfinished {
    /// Begins with a segment that is no whole block.
    pub(super) fn new(block: Segment, level: u8) -> io::Result<Self> {
        let mut stream = BitWriter::stream(level);
        stream.append(&block.bits);
        let mut so_far = Self {
            block,
            level,
            decoder: Decompress::new(false),
            stream,
        };
        if so_far.wants_more()? {
            Ok(so_far)
        } else {
            Err(so_far.damaged())
        }
    }

    /// Goes on with the segment behind, which has more than 32 bits, since it begins with a magic.
    pub(super) fn go_on(mut self, next: &Bits) -> io::Result<Next> {
        self.stream.append(next);
        let is_unfinished = self.wants_more()?;
        if !is_unfinished && let Some(data) = self.unpack()? {
            return Ok(Next::WholeBefore(self.block, data));
        }
        let bits = &mut self.block.bits;
        // The byte in which the two segments meet stands in both.
        bits.bytes
            .truncate(bits.bytes.len() - usize::from(bits.unused > 0));
        bits.bytes.extend_from_slice(&next.bytes);
        bits.unused = next.unused;
        if is_unfinished && bits.bytes.len() <= LONGEST {
            return Ok(Next::Unfinished(self));
        }
        match self.unpack()? {
            Some(data) => Ok(Next::Whole(self.block, data)),
            None => Err(self.damaged()),
        }
    }

    pub(super) fn damaged(&self) -> io::Error {
        fault::in_block(self.block.begins)
    }

    fn unpack(&self) -> io::Result<Option<Data>> {
        block::unpack([&self.block.bits], self.level)
    }

    /// Whether the decoder takes the new bytes and finds neither a fault nor the end of a block.
    fn wants_more(&mut self) -> io::Result<bool> {
        match self.decoder.decompress(&self.stream.take(), &mut [0]) {
            Ok(Status::MemNeeded) => Err(ErrorKind::OutOfMemory.into()),
            status => Ok(status == Ok(Status::Ok) && self.decoder.total_out() == 0),
        }
    }
}
