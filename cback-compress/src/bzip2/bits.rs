//! Bits, the most significant first, gathered in a 64-bit word.

/// A string of bits; what is left of its last byte is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bits {
    /// The bits, the most significant of each byte first.
    pub(crate) bytes: Vec<u8>,
    /// How many of the last byte's bits are not part of the string, 0 to 7.
    pub(crate) unused: u32,
}

impl Bits {
    /// `bytes` without the first `skipped` and the last `unused` bits, both 0 to 7.
    pub(crate) fn between(mut bytes: Vec<u8>, skipped: u32, unused: u32) -> Self {
        if let Some(last) = bytes.last_mut() {
            *last = *last >> unused << unused;
        }
        if skipped > 0 {
            for place in 0..bytes.len() {
                let next = bytes.get(place + 1).copied().unwrap_or_default();
                bytes[place] = bytes[place] << skipped | next >> (8 - skipped);
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
    pub(super) fn with_capacity(bytes: usize) -> Self {
        BitWriter {
            bytes: Vec::with_capacity(bytes),
            ..Self::default()
        }
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
        (0..count).rev().map(move |place| number >> place & 1 == 1)
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
