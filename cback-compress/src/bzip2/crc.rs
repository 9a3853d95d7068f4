//! bzip2's checksum: the CRC-32 of zip and gzip, but fed each byte's most significant bit first.
//!
//! It is the ordinary CRC of the bytes with their bits reversed, with its own bits reversed, and the
//! fast ordinary CRC of `crc32fast` does the work.

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
