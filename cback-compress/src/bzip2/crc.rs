//! bzip2's checksum: the CRC-32 of zip and gzip, but fed each byte's most significant bit first.
//!
//! So it is the ordinary CRC of the bytes with their bits reversed, with its own bits reversed, and
//! the fast ordinary CRC of `crc32fast` does the work.

use crc32fast::Hasher;

/// Gathered before they are summed, because runs and what is between them come in small pieces.
const GATHERED: usize = 4096;

/// The checksum of one block: of the bytes as they came in, before run-length coding.
#[derive(Default)]
pub(super) struct Crc {
    sum: Hasher,
    gathered: Vec<u8>,
}

impl Crc {
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = GATHERED - self.gathered.len();
            let (head, tail) = bytes.split_at(room.min(bytes.len()));
            self.gathered.extend_from_slice(head);
            if self.gathered.len() == GATHERED {
                self.sum_gathered();
            }
            bytes = tail;
        }
    }

    /// Gives the checksum and starts anew.
    pub(super) fn take(&mut self) -> u32 {
        self.sum_gathered();
        std::mem::take(&mut self.sum).finalize().reverse_bits()
    }

    fn sum_gathered(&mut self) {
        for byte in &mut self.gathered {
            *byte = byte.reverse_bits();
        }
        self.sum.update(&self.gathered);
        self.gathered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: polynomial `0x04c1_1db7`, a bit at a time.
    fn bit_by_bit(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for &byte in bytes {
            crc ^= u32::from(byte) << 24;
            for _ in 0..8 {
                let polynomial = if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 };
                crc = crc << 1 ^ polynomial;
            }
        }
        !crc
    }

    fn crc(pieces: &[&[u8]]) -> u32 {
        let mut crc = Crc::default();
        for piece in pieces {
            crc.update(piece);
        }
        crc.take()
    }

    #[test]
    fn agrees_with_the_published_check_value() {
        assert_eq!(crc(&[b"123456789"]), 0xfc89_1918);
    }

    #[test]
    fn agrees_with_the_definition_however_the_bytes_arrive() {
        let bytes: Vec<u8> = (0..10_000_u32).map(|i| ((i * i) >> 5) as u8).collect();
        for cut in [0, 1, 63, 4096, 4097, 10_000] {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(crc(&[head, tail]), bit_by_bit(&bytes), "cut at {cut}");
        }
    }
}
