//! The stream around the blocks: its header, the blocks joined bit by bit, its end.

use std::io::{self, Write};

use crate::bz2::{self, Bits};
use crate::pipeline::Join;

/// A coded block, to be joined to the ones before it.
pub(crate) struct Coded {
    pub(super) bits: Bits,
    pub(super) crc: u32,
}

/// Joins blocks, in order, into one stream.
pub(crate) struct Stream {
    /// The bits that are not written yet.
    bits: Bits,
    crc: u32,
}

impl Stream {
    /// A stream whose blocks are made for this level, 1 to 9.
    pub(super) fn new(level: u8) -> Self {
        let bits = Bits::whole(bz2::header(level).to_vec());
        Stream { bits, crc: 0 }
    }
}

impl Join for Stream {
    type Piece = Coded;

    /// Appends a block's bits and writes what is complete.
    fn join(&mut self, block: Coded, output: &mut impl Write) -> io::Result<()> {
        self.crc = bz2::fold(self.crc, block.crc);
        self.bits.append(&block.bits);
        output.write_all(&self.bits.take_whole_bytes())
    }

    /// Ends the stream. Without this it stays unfinished, and every decoder says so.
    fn finish(mut self, output: &mut impl Write) -> io::Result<()> {
        self.bits.append(&bz2::end(self.crc));
        output.write_all(&self.bits.bytes)
    }
}
