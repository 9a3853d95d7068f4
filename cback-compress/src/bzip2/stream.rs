//! The stream around the blocks: its header, the blocks joined bit by bit, its end.

use super::{Coded, crc};

/// The digits of pi's square root that end a stream.
const END: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/// Joins blocks, in order, into one stream.
pub struct Joiner {
    /// What is not handed out yet. Of the last byte `unused` bits are still to come.
    bytes: Vec<u8>,
    unused: u32,
    crc: u32,
}

impl Joiner {
    /// A stream whose blocks were cut for this level, 1 to 9.
    pub fn new(level: u8) -> Self {
        Joiner {
            bytes: vec![b'B', b'Z', b'h', b'0' + level],
            unused: 0,
            crc: 0,
        }
    }

    /// Appends a block; what it returns is to be written at once.
    pub fn append(&mut self, block: &Coded) -> Vec<u8> {
        self.crc = crc::fold(self.crc, block.crc);
        self.append_bits(&block.bits.bytes, block.bits.unused);
        let whole = self.bytes.len() - usize::from(self.unused > 0);
        let rest = self.bytes.split_off(whole);
        std::mem::replace(&mut self.bytes, rest)
    }

    /// Ends the stream. Without this call it stays unfinished, and every reader says so.
    pub fn finish(mut self) -> Vec<u8> {
        self.append_bits(&END, 0);
        self.append_bits(&self.crc.to_be_bytes(), 0);
        self.bytes
    }

    fn append_bits(&mut self, bytes: &[u8], unused: u32) {
        let Some(mut rest) = self.bytes.pop_if(|_| self.unused > 0) else {
            self.bytes.extend_from_slice(bytes);
            self.unused = unused;
            return;
        };
        let gap = self.unused;
        self.bytes.extend(bytes.iter().map(|byte| {
            let joined = rest | byte >> (8 - gap);
            rest = byte << gap;
            joined
        }));
        self.unused = gap + unused;
        if self.unused < 8 {
            self.bytes.push(rest);
        }
        self.unused %= 8;
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::bits::{BitWriter, Bits};
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
            let mut joiner = Joiner::new(4);
            let mut stream = Vec::new();
            let mut crc = 0;
            for (digits, block_crc) in &blocks {
                stream.extend(joiner.append(&Coded { bits: bits(digits), crc: *block_crc }));
                crc = crc::fold(crc, *block_crc);
            }
            stream.extend(joiner.finish());
            let mut expected: String = blocks.iter().map(|(digits, _)| digits.as_str()).collect();
            write!(expected, "{:048b}{crc:032b}", 0x1772_4538_5090_u64).unwrap();
            prop_assert_eq!(&stream[..4], b"BZh4");
            prop_assert_eq!(&stream[4..], bits(&expected).bytes);
        }
    }

    #[test]
    fn a_stream_of_nothing() {
        let stream = Joiner::new(9).finish();
        assert_eq!(stream, b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0");
    }
}
