//! Bits, the most significant first, gathered in a 64-bit word.

use std::io;

use crate::bz2::Bits;

/// Writes bits one number after the other.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// The next bits, in the lowest `held` places; what stands above them is stale.
    word: u64,
    /// Less than 32 between two calls.
    held: u32,
}

impl BitWriter {
    pub(super) fn with_capacity(bytes: usize) -> io::Result<Self> {
        let mut writer = Self::default();
        writer.bytes.try_reserve_exact(bytes)?;
        Ok(writer)
    }

    /// Writes `value`, which fits in `count` bits, at most 32.
    #[inline]
    pub(super) fn put(&mut self, count: u32, value: u32) {
        self.word = self.word << count | u64::from(value);
        self.held += count;
        if self.held >= 32 {
            self.held -= 32;
            let ready = (self.word >> self.held) as u32;
            self.bytes.extend_from_slice(&ready.to_be_bytes());
        }
    }

    pub(super) fn put_flag(&mut self, flag: bool) {
        self.put(1, u32::from(flag));
    }

    pub(super) fn finish(mut self) -> Bits {
        let unused = self.held.wrapping_neg() % 8;
        let rest = (self.word << (32 - self.held)) as u32;
        let bytes = self.held.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&rest.to_be_bytes()[..bytes]);
        Bits {
            bytes: self.bytes,
            unused,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn bits(digits: &str) -> Bits {
        let mut writer = BitWriter::default();
        for digit in digits.chars() {
            writer.put_flag(digit == '1');
        }
        writer.finish()
    }

    fn digits(count: u32, number: u32) -> impl Iterator<Item = bool> {
        (0..count).rev().map(move |index| number >> index & 1 == 1)
    }

    proptest! {
        #[test]
        fn bits_between_others_are_appended_to_others(
            first in "[01]{0,40}",
            second in "[01]{0,40}",
            skipped in 0..8_u32,
        ) {
            let around = "1".repeat(skipped as usize) + &second;
            let mut bytes = bits(&(around.clone() + "1111111")).bytes;
            bytes.truncate(around.len().div_ceil(8));
            let unused = (bytes.len() * 8 - around.len()) as u32;
            let between = Bits::between(bytes, skipped, unused);
            prop_assert_eq!(&between, &bits(&second));
            let mut both = bits(&first);
            both.append(&between);
            prop_assert_eq!(both.len(), first.len() + second.len());
            prop_assert_eq!(both, bits(&(first + &second)));
        }

        #[test]
        fn numbers_stand_one_behind_the_other(numbers in vec((1..=32_u32, any::<u32>()), 0..200)) {
            let mut writer = BitWriter::default();
            let mut expected = Vec::new();
            for (count, number) in numbers {
                let number = number >> (32 - count);
                writer.put(count, number);
                expected.extend(digits(count, number));
            }
            let Bits { bytes, unused } = writer.finish();
            expected.extend(digits(unused, 0));
            let written: Vec<_> = bytes.iter().flat_map(|&byte| digits(8, byte.into())).collect();
            prop_assert!(unused < 8);
            prop_assert_eq!(written, expected);
        }
    }
}
