//! Random numbers that can be had again: a failure is repeated by its seed.

use std::hash::{BuildHasher, RandomState};

/// Random numbers that depend on a seed alone (`SplitMix64`).
pub struct Random(u64);

impl Random {
    /// The same seed, the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number, below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit
    }

    /// One of them.
    pub fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = self.below(choices.len() as u64);
        choices[usize::try_from(index).expect("below a length")]
    }

    /// The next `length` bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.number().to_le_bytes());
        words.flatten().take(length).collect()
    }
}

/// The seeds of a campaign's rounds: `$CBACK_CAMPAIGN_ROUNDS`, else `usual`, of them, in a row from
/// `$CBACK_CAMPAIGN_SEED`, else from anywhere. So a round is repeated by its own seed and one round.
pub fn seeds(usual: u64) -> impl Iterator<Item = u64> {
    let variable = |name| Some(std::env::var(name).ok()?.parse().expect(name));
    let rounds = variable("CBACK_CAMPAIGN_ROUNDS").unwrap_or(usual);
    let first = variable("CBACK_CAMPAIGN_SEED")
        .unwrap_or_else(|| RandomState::new().hash_one(()) % 1_000_000_000);
    first..first + rounds
}

/// How many cases proptest tries: `$PROPTEST_CASES`, else `usual`.
pub fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").map_or(usual, |text| text.parse().expect("PROPTEST_CASES"))
}
