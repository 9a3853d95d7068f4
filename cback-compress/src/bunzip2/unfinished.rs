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
use crate::bz2::{self, Bits};

/// The segments so far, as one.
pub(super) struct Unfinished {
    block: Segment,
    level: u8,
    decoder: Decompress,
    /// How many bytes of the block the decoder has been given; it is never given part of one.
    given: usize,
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
    pub(super) fn new(segment: Segment, level: u8) -> io::Result<Self> {
        let mut decoder = Decompress::new(false);
        wants_more(&mut decoder, &bz2::header(level))?;
        let mut so_far = Self {
            block: segment,
            level,
            decoder,
            given: 0,
        };
        if so_far.wants_more()? {
            Ok(so_far)
        } else {
            Err(so_far.damaged())
        }
    }

    pub(super) fn go_on(mut self, next: &Bits) -> io::Result<Next> {
        let before = self.block.bits.len();
        self.block.bits.append(next);
        if self.wants_more()? {
            return Ok(Next::Unfinished(self));
        }
        // Or in the last bits before, as the decoder was not given part of a byte.
        let bytes = self.block.bits.bytes[..before.div_ceil(8)].to_vec();
        let unused = before.next_multiple_of(8) - before;
        let block = Segment {
            bits: Bits::between(bytes, 0, unused as u32),
            ..self.block
        };
        if let Some(data) = unpack(&block, self.level)? {
            return Ok(Next::WholeBefore(block, data));
        }
        match unpack(&self.block, self.level)? {
            Some(data) => Ok(Next::Whole(self.block, data)),
            None => Err(self.damaged()),
        }
    }

    pub(super) fn damaged(&self) -> io::Error {
        fault::in_block(self.block.begins)
    }

    fn wants_more(&mut self) -> io::Result<bool> {
        let bits = &self.block.bits;
        let whole = bits.len() / 8;
        let new = &bits.bytes[self.given..whole];
        self.given = whole;
        Ok(whole <= LONGEST && wants_more(&mut self.decoder, new)?)
    }
}

/// Whether the decoder has taken all this and has found neither a fault nor the end of a block.
fn wants_more(decoder: &mut Decompress, bytes: &[u8]) -> io::Result<bool> {
    match decoder.decompress(bytes, &mut [0]) {
        Ok(Status::MemNeeded) => Err(ErrorKind::OutOfMemory.into()),
        status => Ok(status == Ok(Status::Ok) && decoder.total_out() == 0),
    }
}

fn unpack(block: &Segment, level: u8) -> io::Result<Option<Data>> {
    block::unpack([&block.bits].into_iter(), level)
}
