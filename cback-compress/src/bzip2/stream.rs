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
    /// What is not written yet.
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::bits::BitWriter;
    use super::*;

    fn bits(digits: &str) -> Bits {
        let mut writer = BitWriter::default();
        digits
            .chars()
            .for_each(|digit| writer.put_flag(digit == '1'));
        writer.finish()
    }

    proptest! {
        #[test]
        fn blocks_are_joined_bit_by_bit(blocks in vec(("[01]{1,40}", any::<u32>()), 0..12)) {
            let mut joiner = Stream::new(4);
            let mut stream = Vec::new();
            let mut crc = 0;
            for (digits, block_crc) in &blocks {
                joiner.join(Coded { bits: bits(digits), crc: *block_crc }, &mut stream).unwrap();
                crc = bz2::fold(crc, *block_crc);
            }
            joiner.finish(&mut stream).unwrap();
            let mut expected: String = blocks.iter().map(|(digits, _)| digits.as_str()).collect();
            write!(expected, "{:048b}{crc:032b}", 0x1772_4538_5090_u64).unwrap();
            prop_assert_eq!(&stream[..4], b"BZh4");
            prop_assert_eq!(&stream[4..], bits(&expected).bytes);
        }
    }

    #[test]
    fn a_stream_of_nothing() {
        let mut stream = Vec::new();
        Stream::new(9).finish(&mut stream).unwrap();
        assert_eq!(stream, b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0");
    }
}
