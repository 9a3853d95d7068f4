//! Splitting the input at everything that looks like the beginning of a block or the end of a
//! stream.

use std::io::{self, ErrorKind, Read};

use super::damaged;
use super::magics::{BITS, BLOCK, Finder};
use crate::bzip2::bits::Bits;
use crate::pipeline::Split;

/// Bytes read at a time.
const CHUNK: usize = 256 << 10;

/// Bytes that a block can take: 900,000 symbols of at most 20 bits, 32,767 selectors of at most 6,
/// and tables; and more, since tables may be written in roundabout ways.
pub(super) const LONGEST: usize = 2_500_000;

/// What a segment begins as.
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
pub(crate) struct Segment {
    /// Where it begins: bits from the start of the input.
    pub(super) begins: u64,
    pub(super) kind: Kind,
    /// The level that the last header before it tells, 0 for none.
    pub(super) level: u8,
    bytes: Vec<u8>,
    /// How many of the first byte's bits come before the segment, 0 to 7.
    skipped: u32,
    /// How many of the last byte's bits come after it, 0 to 7.
    unused: u32,
}

impl Segment {
    pub(super) fn into_bits(self) -> Bits {
        Bits::between(self.bytes, self.skipped, self.unused)
    }
}

/// Finds the segments.
pub(crate) struct Segments {
    finder: Finder,
    /// What is read of the input, from its byte `position` on.
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

    /// The segment that ends at this bit of the buffer.
    fn take(&mut self, end: usize) -> Segment {
        let bytes = self.buffer[self.begins / 8..end.div_ceil(8)].to_vec();
        let segment = Segment {
            begins: self.position * 8 + self.begins as u64,
            kind: self.kind,
            level: self.level,
            bytes,
            skipped: (self.begins % 8) as u32,
            unused: (end.next_multiple_of(8) - end) as u32,
        };
        if self.kind != Kind::Block && segment.unused == 0 {
            self.level = header_level(&segment.bytes).unwrap_or(self.level);
        }
        self.begins = end;
        segment
    }

    /// Reads on, in the place of what was taken; false at the end.
    fn read(&mut self, input: &mut impl Read) -> io::Result<bool> {
        let taken = self.begins / 8;
        self.buffer.drain(..taken);
        self.position += taken as u64;
        self.begins -= taken * 8;
        let end = self.buffer.len();
        // The last bits may be a magic's first ones.
        let seen = (end * 8).saturating_sub(BITS - 1);
        self.unseen = seen.max(self.unseen.saturating_sub(taken * 8));
        self.buffer.resize(end + CHUNK, 0);
        let count = loop {
            match input.read(&mut self.buffer[end..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.buffer.truncate(end + count);
        Ok(count > 0)
    }
}

impl Split for Segments {
    type Block = Segment;

    /// The start, a block, and the end of the stream.
    const FEW: usize = 3;

    fn split(&mut self, input: &mut impl Read) -> io::Result<Option<Segment>> {
        while !self.ended {
            if let Some((end, magic)) = self.finder.find(&self.buffer, self.unseen) {
                let segment = self.take(end);
                self.unseen = end + 1;
                self.kind = if magic == BLOCK {
                    Kind::Block
                } else {
                    Kind::End
                };
                return Ok(Some(segment));
            }
            if self.buffer.len() - self.begins / 8 > LONGEST {
                return Err(damaged(self.position + self.begins as u64 / 8));
            }
            if !self.read(input)? {
                self.ended = true;
                return Ok(Some(self.take(self.buffer.len() * 8)));
            }
        }
        Ok(None)
    }
}

/// The level that a stream's header at the end of `bytes` tells.
pub(super) fn header_level(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [.., b'B', b'Z', b'h', level @ b'1'..=b'9'] => Some(level - b'0'),
        _ => None,
    }
}
