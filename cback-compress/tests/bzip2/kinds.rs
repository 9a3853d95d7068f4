//! Kinds of data, each at all nine levels.

use std::fmt::Write;

use crate::oracle::{assert_same, letters, numbers};

fn at_every_level(what: &str, input: &[u8]) {
    for level in 1..=9 {
        assert_same(what, level, input);
    }
}

#[test]
fn nothing() {
    at_every_level("nothing", b"");
}

#[test]
fn every_single_byte() {
    for byte in 0..=u8::MAX {
        assert_same(&format!("{byte}"), byte % 9 + 1, &[byte]);
    }
    at_every_level("one byte", b"x");
}

#[test]
fn all_values_of_a_byte() {
    let rising: Vec<u8> = (0..=u8::MAX).cycle().take(300_001).collect();
    at_every_level("rising", &rising);
    let falling: Vec<u8> = rising.iter().rev().copied().collect();
    at_every_level("falling", &falling);
}

#[test]
fn random_bytes_and_random_letters() {
    let random: Vec<u8> = numbers(3)
        .map(|number| number as u8)
        .take(950_000)
        .collect();
    at_every_level("random bytes", &random);
    for alphabet in [2, 3, 16] {
        at_every_level(&format!("{alphabet} letters"), &letters(alphabet, 320_000));
    }
}

#[test]
fn rare_bytes_that_make_codes_too_long() {
    // Each byte seven tenths as often as the one before: some tables would have codes of 18 bits.
    let mut numbers = numbers(4);
    let mut rare = || {
        numbers
            .by_ref()
            .take_while(|number| number % 10 < 7)
            .count() as u8
    };
    let bytes = std::iter::repeat_with(|| rare().wrapping_mul(37)).take(950_000);
    at_every_level("rare bytes", &bytes.collect::<Vec<_>>());
}

#[test]
fn a_fibonacci_word() {
    let (mut word, mut before) = (b"ab".to_vec(), b"a".to_vec());
    while word.len() < 950_000 {
        let next = [&word[..], &before].concat();
        before = std::mem::replace(&mut word, next);
    }
    at_every_level("Fibonacci word", &word);
}

#[test]
fn the_thue_morse_word() {
    let word: Vec<u8> = (0..950_000_u32)
        .map(|place| b'a' + (place.count_ones() % 2) as u8)
        .collect();
    at_every_level("Thue-Morse word", &word);
}

#[test]
fn a_dump() {
    let mut dump =
        String::from("--\n-- PostgreSQL database dump\n--\n\nCOPY public.accounts FROM stdin;\n");
    let mut numbers = numbers(5);
    for id in 0.. {
        let number = numbers.next().unwrap();
        let (branch, balance) = (number % 97, (number >> 8) % 10_000);
        let words = ["paid", "open", "\\N", "late"][number as usize >> 30];
        writeln!(
            dump,
            "{id}\t{branch}\t{balance}\t{words}\t2025-11-{:02}\t{:84}",
            branch % 30,
            ""
        )
        .unwrap();
        if dump.len() > 2_000_000 {
            break;
        }
    }
    at_every_level("dump", dump.as_bytes());
}

#[test]
fn hexadecimal_digits() {
    let digit = |number: u32| b"0123456789abcdef"[number as usize % 16];
    let digits: Vec<u8> = numbers(6).map(digit).take(950_000).collect();
    at_every_level("hexadecimal digits", &digits);
}
