//! The parts of bzip2's format that packing and unpacking share.
//!
//! A stream is a header, blocks and an end, of which only the first begins at a byte: the others
//! follow bit by bit, and zeros fill the stream's last byte.

/// Begins a block: the digits of pi.
pub(crate) const BLOCK: u64 = 0x3141_5926_5359;
/// Ends a stream, before its checksum: the digits of pi's square root.
pub(crate) const END: u64 = 0x1772_4538_5090;
/// How many bits each of the two has.
pub(crate) const MAGIC_BITS: usize = 48;

/// How many bits end a stream: a magic and a checksum.
pub(crate) const END_BITS: usize = MAGIC_BITS + 32;

/// The header of a stream of level 1 to 9.
pub(crate) fn header(level: u8) -> [u8; 4] {
    [b'B', b'Z', b'h', b'0' + level]
}

/// The end of a stream with this checksum.
pub(crate) fn end(crc: u32) -> Bits {
    let magic = &END.to_be_bytes()[2..];
    Bits::whole([magic, &crc.to_be_bytes()].concat())
}

/// Folds a block's checksum into that of the whole stream.
pub(crate) fn fold(stream: u32, block: u32) -> u32 {
    stream.rotate_left(1) ^ block
}

/// A string of bits; what is left of its last byte is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bits {
    /// The bits, the most significant of each byte first.
    pub(crate) bytes: Vec<u8>,
    /// How many of the last byte's bits are not part of the string, 0 to 7.
    pub(crate) unused: u32,
}

impl Bits {
    /// All bits of these bytes.
    pub(crate) fn whole(bytes: Vec<u8>) -> Self {
        Bits { bytes, unused: 0 }
    }

    /// `bytes` without the first `skipped` and the last `unused` bits, both 0 to 7.
    pub(crate) fn between(mut bytes: Vec<u8>, skipped: u32, unused: u32) -> Self {
        if let Some(last) = bytes.last_mut() {
            *last = *last >> unused << unused;
        }
        if skipped > 0 {
            for index in 0..bytes.len() {
                let next = bytes.get(index + 1).copied().unwrap_or_default();
                bytes[index] = bytes[index] << skipped | next >> (8 - skipped);
            }
        }
        if skipped + unused >= 8 {
            bytes.pop();
        }
        let unused = (skipped + unused) % 8;
        Bits { bytes, unused }
    }

    /// How many bits there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() * 8 - self.unused as usize
    }

    /// Appends `more`.
    pub(crate) fn append(&mut self, more: &Bits) {
        let Some(mut last) = self.bytes.pop_if(|_| self.unused > 0) else {
            self.bytes.extend_from_slice(&more.bytes);
            self.unused = more.unused;
            return;
        };
        let gap = self.unused;
        self.bytes.extend(more.bytes.iter().map(|byte| {
            let joined = last | byte >> (8 - gap);
            last = byte << gap;
            joined
        }));
        self.unused = gap + more.unused;
        if self.unused < 8 {
            self.bytes.push(last);
        }
        self.unused %= 8;
    }

    /// Takes the bytes off that are complete.
    pub(crate) fn take_whole_bytes(&mut self) -> Vec<u8> {
        let whole = self.bytes.len() - usize::from(self.unused > 0);
        let rest = self.bytes.split_off(whole);
        std::mem::replace(&mut self.bytes, rest)
    }
}
