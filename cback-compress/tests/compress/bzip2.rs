//! "One bzip2 stream that every bunzip2 reads": the bytes that bzip2 itself writes, whatever the
//! input, at every level. `PROPTEST_CASES` makes it more documents.

use cback_compress::Mode;
use cback_tests::{Random, cases};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::samples::{Slices, hexadecimal, letters, noise, text};
use crate::{options, other, output_of, packed};

/// Asserts that `input` gives what `bzip2 -LEVEL` writes.
#[track_caller]
fn assert_same(what: &str, level: u8, input: &[u8]) {
    let options = options(Mode::Bzip2, level, 1, b"");
    let (result, stream) = packed(Slices::new(input, 1 << 16), &options);
    result.unwrap();
    let theirs = output_of(&other(&format!("bzip2 -c -{level}")), input);
    assert!(stream == theirs, "{what}: not what bzip2 -{level} writes");
}

/// How many coded bytes fill a block of this level.
fn border(level: u8) -> usize {
    usize::from(level) * 100_000 - 19
}

/// Bytes of which no two neighbours are equal, so that their run-length code is themselves.
fn without_runs(length: usize) -> Vec<u8> {
    let mut bytes = letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$", 2 * length);
    bytes.dedup();
    bytes.truncate(length);
    bytes
}

/// Runs of few bytes, of lengths at which their code changes, and others; now and then all of it repeated.
fn document() -> impl Strategy<Value = Vec<u8>> {
    let length =
        prop_oneof![4 => Just(1), 1 => 1..6_usize, 1 => 250..262_usize, 1 => 500..520_usize];
    let runs = vec((0..4_u8, length), 0..500);
    let times = prop_oneof![2 => Just(1), 1 => 2..9_usize];
    (runs, times).prop_map(|(runs, times)| {
        let runs = runs.into_iter();
        let bytes: Vec<u8> = runs.flat_map(|(byte, length)| vec![byte; length]).collect();
        bytes.repeat(times)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(128)))]

    /// Where a block ends depends on the runs there.
    #[test]
    fn documents_also_across_the_end_of_a_block(input in document(), before in 0..4000_usize, level in 1..=9_u8) {
        assert_same("document", level, &input);
        let input = [&without_runs(border(1) - before), &input[..]].concat();
        assert_same("across the end", 1, &input);
    }
}

#[test]
fn runs_across_the_end_of_a_block() {
    let text = without_runs(border(1));
    for before in border(1) - 6..=border(1) {
        for length in [3, 4, 5, 255, 256, 259] {
            let mut input = text[..before].to_vec();
            input.resize(before + length, b'r');
            let what = format!("run of {length} after {before}");
            assert_same(&what, 1, &input);
            input.extend(b"and more");
            assert_same(&format!("{what}, and more"), 1, &input);
        }
    }
}

/// From 200, 600, 1200 and 2400 symbols on there is one more table.
#[test]
fn short_lengths_and_those_at_which_there_is_one_more_table() {
    let text = without_runs(2600);
    let more_tables = [200, 600, 1200, 2400].into_iter();
    let lengths = (0..9).chain(more_tables.flat_map(|symbols| symbols - 4..symbols + 4));
    for (length, level) in lengths.zip((1..=9).cycle()) {
        assert_same(&format!("{length} bytes"), level, &text[..length]);
    }
}

/// Each byte seven tenths as often as the one before: some tables would have codes of 18 bits.
fn rare_bytes(length: usize) -> Vec<u8> {
    let mut random = Random::new(4);
    let mut rare = || {
        let mut byte = 0_u8;
        while random.below(10) < 7 {
            byte = byte.wrapping_add(37);
        }
        byte
    };
    (0..length).map(|_| rare()).collect()
}

#[test]
fn kinds_of_data_at_every_level() {
    let kinds = [
        ("rising", (0..=u8::MAX).cycle().take(300_001).collect()),
        ("random bytes", noise(950_000, 3)),
        ("hexadecimal digits", hexadecimal(950_000)),
        ("rare bytes", rare_bytes(950_000)),
        ("a dump", text(2_000_000)),
        ("zeros", vec![0; 50_000_000]),
    ];
    for (number, (what, input)) in (0_u8..).zip(&kinds) {
        for level in [1 + number, 9] {
            assert_same(what, level, input);
        }
    }
}

/// Some rotations of such blocks are equal, and bzip2's choice among them is its sort's.
#[test]
fn pieces_repeated() {
    let all: Vec<u8> = (b'a'..=u8::MAX).collect();
    let short = [&b"ab"[..], &all].into_iter();
    let short = short.flat_map(|alphabet| (1..=20).map(|period| letters(alphabet, period)));
    let long = [5_000, 33_000].map(|length| letters(b"abcd", length));
    // Rising pairs and one fall are sorted by bzip2 without its fallback.
    let pairs = (0..100).flat_map(|a| (a + 1..=100).flat_map(move |b| [a, b]));
    let coded_run = b"baaaaaaaaaaaab".repeat(99);
    for piece in short.chain(long).chain([pairs.collect(), coded_run]) {
        for times in [2, 64] {
            let what = format!("{} bytes, {times} times", piece.len());
            assert_same(&what, 1, &piece.repeat(times));
        }
    }
    for level in [1, 4, 7] {
        let input = without_runs(border(level) / 3).repeat(4);
        assert_same("a period that fills a block", level, &input);
    }
}
