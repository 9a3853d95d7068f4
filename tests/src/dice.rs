//! Chance that can be had again: a round of a campaign is told by its seed.

use std::hash::{BuildHasher, RandomState};

/// Random numbers that depend on a seed alone (splitmix64).
pub struct Dice(u64);

impl Dice {
    /// The same seed, the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// One of them.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = self.below(choices.len() as u64);
        choices[usize::try_from(index).expect("below a length")]
    }
}

/// The seeds of a campaign's rounds: `$CBACK_CAMPAIGN_ROUNDS`, else `usual`, of them, in a row from
/// `$CBACK_CAMPAIGN_SEED`, else from anywhere. So a round is played again by its own seed and
/// one round.
pub fn seeds(usual: u64) -> impl Iterator<Item = u64> {
    let variable = |name| Some(std::env::var(name).ok()?.parse().expect(name));
    let rounds = variable("CBACK_CAMPAIGN_ROUNDS").unwrap_or(usual);
    let first = variable("CBACK_CAMPAIGN_SEED")
        .unwrap_or_else(|| RandomState::new().hash_one(()) % 1_000_000_000);
    first..first + rounds
}
