//! Splitting the input at everything that looks like the beginning of a block or the end of a
//! stream.

use std::io::{self, Read};

use super::fault::{self, BAD_HEADER, FOLLOWED};
use super::magics::Finder;
use crate::buffer;
use crate::bz2::{BLOCK, Bits, END_BITS, MAGIC_BITS};
use crate::pipeline::Split;

/// Bytes read at a time.
const CHUNK: u64 = 256 << 10;

/// Bytes that a block can take: 900,000 symbols of at most 20 bits, 32,767 selectors of at most 6,
/// and tables; and more, since tables may be written in roundabout ways.
pub(super) const LONGEST: usize = 2_500_000;

/// Bytes that are worth a thread's turn: a decoder's memory, cleared for each, costs as much time
/// as unpacking about a hundred of them. A usual block is a batch of its own.
const WORTH_A_TURN: usize = 8 << 10;

/// The beginning of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The input.
    Start,
    /// A block.
    Block,
    /// The end of a stream.
    End,
}

/// From one magic up to the next.
pub(super) struct Segment {
    /// Where it begins: bits from the start of the input.
    pub(super) begins: u64,
    pub(super) kind: Kind,
    pub(super) bits: Bits,
}

/// Segments in a row, as many as are worth a thread's turn.
pub(crate) struct Batch {
    /// The level of all its blocks, as the last header before them tells, 0 for none.
    pub(super) level: u8,
    pub(super) segments: Vec<Segment>,
}

impl Batch {
    /// The bits of its blocks.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Bits> + Clone {
        let blocks = self.segments.iter();
        let blocks = blocks.filter(|segment| segment.kind == Kind::Block);
        blocks.map(|segment| &segment.bits)
    }
}

/// Finds the segments.
pub(crate) struct Segments {
    finder: Finder,
    /// The input from its byte `position` on, as far as it is read.
    buffer: Vec<u8>,
    position: u64,
    /// The bit of the buffer where the segment begins.
    begins: usize,
    /// The bit of the buffer from where to look for the next magic.
    unseen: usize,
    kind: Kind,
    level: u8,
    ended: bool,
}

impl Segments {
    pub(super) fn new() -> Self {
        Self {
            finder: Finder::new(),
            buffer: Vec::new(),
            position: 0,
            begins: 0,
            unseen: 0,
            kind: Kind::Start,
            level: 0,
            ended: false,
        }
    }

    fn next(&mut self, input: &mut impl Read) -> io::Result<Option<Segment>> {
        while !self.ended {
            if let Some((end, magic)) = self.finder.find(&self.buffer, self.unseen) {
                let segment = self.take(end)?;
                self.unseen = end + 1;
                self.kind = if magic == BLOCK {
                    Kind::Block
                } else {
                    Kind::End
                };
                return Ok(Some(segment));
            }
            if self.buffer.len() - self.begins / 8 > LONGEST {
                return Err(self.too_long());
            }
            if !self.read(input)? {
                self.ended = true;
                return self.take(self.buffer.len() * 8).map(Some);
            }
        }
        Ok(None)
    }

    /// The segment that ends at this bit of the buffer.
    fn take(&mut self, end: usize) -> io::Result<Segment> {
        let bytes = buffer::copy(&self.buffer[self.begins / 8..end.div_ceil(8)])?;
        let unused = (end.next_multiple_of(8) - end) as u32;
        if self.kind != Kind::Block && unused == 0 {
            self.level = header_level(&bytes).unwrap_or(self.level);
        }
        let segment = Segment {
            begins: self.position * 8 + self.begins as u64,
            kind: self.kind,
            bits: Bits::between(bytes, (self.begins % 8) as u32, unused),
        };
        self.begins = end;
        Ok(segment)
    }

    fn too_long(&self) -> io::Error {
        let begins = self.position * 8 + self.begins as u64;
        match self.kind {
            Kind::Start => fault::at(0, BAD_HEADER),
            Kind::Block => fault::in_block(begins),
            Kind::End => fault::at((begins + END_BITS as u64).div_ceil(8), FOLLOWED),
        }
    }

    /// Reads on, in the place of what was taken; false at the end.
    fn read(&mut self, input: &mut impl Read) -> io::Result<bool> {
        let taken = self.begins / 8;
        self.buffer.drain(..taken);
        self.position += taken as u64;
        self.begins -= taken * 8;
        // The last bits may be a magic's first ones.
        let seen = (self.buffer.len() * 8).saturating_sub(MAGIC_BITS - 1);
        self.unseen = seen.max(self.unseen.saturating_sub(taken * 8));
        Ok(input.take(CHUNK).read_to_end(&mut self.buffer)? > 0)
    }
}

impl Split for Segments {
    type Block = Batch;

    /// The start and the only block; the end of the stream.
    const FEW: usize = 2;

    fn split(&mut self, input: &mut impl Read) -> io::Result<Option<Batch>> {
        let mut batch = Batch {
            level: self.level,
            segments: Vec::new(),
        };
        let mut bytes = 0;
        while bytes < WORTH_A_TURN
            && let Some(segment) = self.next(input)?
        {
            bytes += segment.bits.bytes.len();
            batch.segments.push(segment);
            if self.level != batch.level {
                if batch.blocks().next().is_some() {
                    break;
                }
                batch.level = self.level;
            }
        }
        Ok((!batch.segments.is_empty()).then_some(batch))
    }
}

/// The level that a stream's header at the end of `bytes` tells.
pub(super) fn header_level(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [.., b'B', b'Z', b'h', level @ b'1'..=b'9'] => Some(level - b'0'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bz2;

    /// How many segments the batches of this input have.
    fn batches(mut packed: &[u8]) -> Vec<usize> {
        let mut segments = Segments::new();
        let batches = std::iter::from_fn(|| segments.split(&mut packed).unwrap());
        batches.map(|batch| batch.segments.len()).collect()
    }

    #[test]
    fn small_streams_share_a_turn_and_a_large_block_has_its_own() {
        let nothing = [&bz2::header(9)[..], &bz2::end(0).bytes].concat();
        let all = batches(&nothing.repeat(10_000));
        assert!(
            all.len() <= 10_000 * nothing.len() / WORTH_A_TURN + 1,
            "{all:?}"
        );
        assert_eq!(all.iter().sum::<usize>(), 10_001);
        let block = [&BLOCK.to_be_bytes()[2..], &[0; WORTH_A_TURN]].concat();
        assert_eq!(
            batches(&[b"BZh9", &block[..], &block, &block].concat()),
            [2, 1, 1]
        );
    }

    #[test]
    fn blocks_of_several_levels_do_not() {
        let stream = |level| {
            [
                &bz2::header(level)[..],
                &BLOCK.to_be_bytes()[2..],
                &bz2::end(0).bytes,
            ]
            .concat()
        };
        let [one, nine] = [stream(1), stream(9)];
        assert_eq!(
            batches(&[&one[..], &one, &nine, &nine, &one].concat()),
            [5, 4, 2]
        );
    }
}
