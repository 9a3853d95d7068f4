//! Blocks that are one piece repeated: some of their rotations are equal, and bzip2's choice among
//! them is its sort's.

use super::{assert_same, border, repeated, without_runs};
use crate::samples::letters;

/// Pieces and how often they come.
fn assert_repeated(pieces: impl IntoIterator<Item = Vec<u8>>, times: &[usize], level: u8) {
    for piece in pieces {
        let start = String::from_utf8_lossy(&piece[..piece.len().min(40)]);
        for times in times {
            let what = format!("{} bytes, {start:?}..., {times} times", piece.len());
            assert_same(&what, level, &piece.repeat(*times));
        }
    }
}

#[test]
fn pieces_of_every_short_length() {
    let all: Vec<u8> = (b'a'..=u8::MAX).collect();
    for alphabet in [&b"ab"[..], b"abc", &all] {
        let pieces = (1..=40).map(|period| letters(alphabet, period));
        assert_repeated(pieces, &[2, 3, 5, 64], 1);
    }
}

#[test]
fn long_pieces() {
    for alphabet in [&b"ab"[..], b"abcd", b"abcdefghijklmnopqrstuvwxyz+-/="] {
        let lengths = [4_999, 5_000, 5_001, 20_000, 33_000];
        assert_repeated(lengths.map(|length| letters(alphabet, length)), &[2, 3], 1);
    }
}

#[test]
fn pieces_whose_rotations_bzip2_sorts_without_its_fallback() {
    // Rising pairs and one fall: nearly every bucket's order follows from another's.
    let rising: Vec<u8> = (0..=255).collect();
    let pairs = (0..100).flat_map(|a| (a + 1..=100).flat_map(move |b| [a, b]));
    let ramp = [&b"ab".repeat(15_000)[..], b"c"].concat();
    assert_repeated([rising, pairs.collect(), ramp], &[2, 3, 10], 9);
}

#[test]
fn every_period_that_fills_a_block_of_the_first_level() {
    for period in (1..border(1)).filter(|period| border(1).is_multiple_of(*period)) {
        let piece = without_runs(period);
        // A piece that ends as it begins makes a run where it is repeated, and no block full.
        let fills = period > 1 && piece.first() != piece.last();
        let length = if fills { 2 * border(1) } else { 5 * border(1) };
        assert_same(&format!("period {period}"), 1, &repeated(&piece, length));
    }
}

#[test]
fn a_period_that_fills_a_block_of_every_level() {
    for level in 2..=9 {
        let fills = |period: &usize| border(level).is_multiple_of(*period);
        let period = (2..2000).rev().find(fills).unwrap_or(border(level));
        let input = repeated(&without_runs(period), border(level) + 1);
        assert_same(&format!("period {period}"), level, &input);
    }
}

#[test]
fn periods_that_the_run_length_code_makes() {
    for piece in [
        "aaaa",
        "aaaab",
        "aaaabaaaa",
        "aaaaabbbbb",
        "baaaaaaaaaaaab",
        "aaaa\0",
        "\0\0\0\0\0",
    ] {
        for length in [99, 3000, 150_000, 400_000] {
            let what = format!("{piece:?} to {length}");
            assert_same(&what, 1, &repeated(piece.as_bytes(), length));
        }
    }
}
