//! Kinds of data.

use cback_tests::Random;

use super::{assert_same, assert_same_at_every_level as at_every_level};
use crate::samples::{hexadecimal, letters, noise, text};

/// More than a block of any level.
const LENGTH: usize = 950_000;

#[test]
fn every_single_byte() {
    for (byte, level) in (0..=u8::MAX).zip((1..=9).cycle()) {
        assert_same(&format!("{byte}"), level, &[byte]);
    }
}

#[test]
fn nothing_and_all_values_of_a_byte() {
    let rising: Vec<u8> = (0..=u8::MAX).cycle().take(300_001).collect();
    let falling: Vec<u8> = rising.iter().rev().copied().collect();
    for (what, input) in [
        ("nothing", vec![]),
        ("rising", rising),
        ("falling", falling),
    ] {
        at_every_level(what, &input);
    }
}

#[test]
fn random_bytes_and_random_letters() {
    at_every_level("random bytes", &noise(LENGTH, 3));
    at_every_level("hexadecimal digits", &hexadecimal(LENGTH));
    for alphabet in ["ab", "abc"] {
        at_every_level(alphabet, &letters(alphabet.as_bytes(), 320_000));
    }
}

#[test]
fn rare_bytes_that_make_codes_too_long() {
    // Each byte seven tenths as often as the one before: some tables would have codes of 18 bits.
    let mut random = Random::new(4);
    let mut rare = || {
        let mut byte = 0_u8;
        while random.below(10) < 7 {
            byte = byte.wrapping_add(37);
        }
        byte
    };
    let bytes: Vec<_> = (0..LENGTH).map(|_| rare()).collect();
    at_every_level("rare bytes", &bytes);
}

#[test]
fn words_that_are_hard_to_sort() {
    let (mut fibonacci, mut before) = (b"ab".to_vec(), b"a".to_vec());
    while fibonacci.len() < LENGTH {
        let next = [&fibonacci[..], &before].concat();
        before = std::mem::replace(&mut fibonacci, next);
    }
    at_every_level("Fibonacci word", &fibonacci);
    let letter = |place: usize| {
        if place.count_ones().is_multiple_of(2) {
            b'a'
        } else {
            b'b'
        }
    };
    let thue_morse: Vec<_> = (0..LENGTH).map(letter).collect();
    at_every_level("Thue-Morse word", &thue_morse);
}

#[test]
fn a_dump() {
    at_every_level("dump", &text(2_000_000));
}
