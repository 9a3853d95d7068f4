//! Splitting the input at everything that looks like the beginning of a block or the end of a
//! stream.

use std::io::{self, Read};

use super::fault::{self, BAD_HEADER, FOLLOWED};
use super::magics::Finder;
use crate::buffer;
use crate::bz2::{BLOCK, Bits, END_BITS, MAGIC_BITS};

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

/// From one magic up to the next, with the whole bytes of the input in which it stands.
pub(super) struct Segment {
    /// Where it begins: bits from the start of the input.
    pub(super) begins: u64,
    pub(super) kind: Kind,
    pub(super) bits: Bits,
}

/// Segments in a row, as many as are worth a thread's turn.
pub(super) struct Batch {
    /// The level of all its blocks, as the last header before them tells, 0 for none.
    pub(super) level: u8,
    pub(super) segments: Vec<Segment>,
}

impl Batch {
    /// The bits of its blocks.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Bits> {
        let blocks = self.segments.iter();
        let blocks = blocks.filter(|segment| segment.kind == Kind::Block);
        blocks.map(|segment| &segment.bits)
    }
}

/// The batches of an input.
pub(super) struct Batches<R> {
    input: R,
    finder: Finder,
    /// The input from its byte `position` on, as far as it is read.
    buffer: Vec<u8>,
    position: u64,
    /// The bit of the buffer where the segment begins.
    begins: usize,
    /// The bit of the buffer from where to look for the next magic.
    unseen: usize,
    /// The segment's beginning; none once the input has ended.
    kind: Option<Kind>,
    level: u8,
}

impl<R: Read> Batches<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            finder: Finder::new(),
            buffer: Vec::new(),
            position: 0,
            begins: 0,
            unseen: 0,
            kind: Some(Kind::Start),
            level: 0,
        }
    }

    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch {
            level: self.level,
            segments: Vec::new(),
        };
        let mut bytes = 0;
        while bytes < WORTH_A_TURN
            && let Some(segment) = self.next_segment()?
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

    fn next_segment(&mut self) -> io::Result<Option<Segment>> {
        while let Some(kind) = self.kind {
            if let Some((end, magic)) = self.finder.find(&self.buffer, self.unseen) {
                let next = if magic == BLOCK {
                    Kind::Block
                } else {
                    Kind::End
                };
                self.kind = Some(next);
                self.unseen = end + 1;
                return self.take(kind, end).map(Some);
            }
            if self.buffer.len() - self.begins / 8 > LONGEST {
                return Err(self.too_long(kind));
            }
            if !self.read()? {
                self.kind = None;
                return self.take(kind, self.buffer.len() * 8).map(Some);
            }
        }
        Ok(None)
    }

    /// The segment that ends at this bit of the buffer.
    fn take(&mut self, kind: Kind, end: usize) -> io::Result<Segment> {
        let bytes = buffer::copy(&self.buffer[self.begins / 8..end.div_ceil(8)])?;
        let (skipped, unused) = (self.begins % 8, end.next_multiple_of(8) - end);
        if kind != Kind::Block && unused == 0 {
            self.level = header_level(&bytes).unwrap_or(self.level);
        }
        let begins = self.position * 8 + self.begins as u64;
        self.begins = end;
        Ok(Segment {
            begins,
            kind,
            bits: Bits {
                bytes,
                skipped: skipped as u32,
                unused: unused as u32,
            },
        })
    }

    fn too_long(&self, kind: Kind) -> io::Error {
        let begins = self.position * 8 + self.begins as u64;
        match kind {
            Kind::Start => fault::at(0, BAD_HEADER),
            Kind::Block => fault::in_block(begins),
            Kind::End => fault::at((begins + END_BITS as u64).div_ceil(8), FOLLOWED),
        }
    }

    /// Reads on, in the place of what was taken; false at the end.
    fn read(&mut self) -> io::Result<bool> {
        let taken = self.begins / 8;
        self.buffer.drain(..taken);
        self.position += taken as u64;
        self.begins -= taken * 8;
        // The last bits may be a magic's first ones.
        let seen = (self.buffer.len() * 8).saturating_sub(MAGIC_BITS - 1);
        self.unseen = seen.max(self.unseen.saturating_sub(taken * 8));
        let mut chunk = self.input.by_ref().take(CHUNK);
        Ok(chunk.read_to_end(&mut self.buffer)? > 0)
    }
}

impl<R: Read> Iterator for Batches<R> {
    type Item = io::Result<Batch>;

    fn next(&mut self) -> Option<io::Result<Batch>> {
        self.next_batch().transpose()
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
    use crate::bz2::END;

    #[test]
    fn a_magic_is_found_wherever_it_stands_between_two_reads() {
        for before in CHUNK as usize * 8 - MAGIC_BITS - 1..=CHUNK as usize * 8 {
            let mut bytes = vec![0_u8; (before + END_BITS).div_ceil(8)];
            for bit in (0..MAGIC_BITS).filter(|bit| END >> (MAGIC_BITS - 1 - bit) & 1 == 1) {
                bytes[(before + bit) / 8] |= 0x80 >> ((before + bit) % 8);
            }
            let batches = Batches::new(&bytes[..]).map(|batch| batch.unwrap().segments.len());
            assert_eq!(batches.sum::<usize>(), 2, "{before} bits before");
        }
    }
}
