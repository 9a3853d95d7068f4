//! "One bzip2 stream that every bunzip2 reads": the bytes that bzip2 itself writes, whatever the
//! input, at every level. `PROPTEST_CASES` makes it more documents.

use cback_compress::Mode;
use cback_tests::{Random, cases};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

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

/// `piece` again and again, up to a length.
fn repeated(piece: &[u8], length: usize) -> Vec<u8> {
    piece.iter().copied().cycle().take(length).collect()
}

/// Bytes of a few values, so that something repeats.
fn few_values() -> impl Strategy<Value = Vec<u8>> {
    (1..=6_u8, any::<u8>()).prop_flat_map(|(values, least)| {
        let value = (0..values).prop_map(move |value| least.wrapping_add(value));
        vec(value, 0..3000)
    })
}

/// Runs of lengths at which their code changes, and others.
fn runs() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![1..6_usize, 250..262_usize, 500..520_usize];
    vec((0..4_u8, length), 0..60).prop_map(|runs| {
        runs.into_iter()
            .flat_map(|(byte, length)| vec![byte; length])
            .collect()
    })
}

/// A piece repeated, a whole number of times or not, now and then with a byte changed.
fn nearly_periodic() -> impl Strategy<Value = Vec<u8>> {
    let more = prop_oneof![Just(0), 0..400_usize];
    let change = proptest::option::of((any::<Index>(), 0..3_u8));
    let parts = (vec(0..3_u8, 1..700), 1..60_usize, more, change);
    parts.prop_map(|(piece, times, more, change)| {
        let mut bytes = repeated(&piece, piece.len() * times + more % piece.len());
        if let Some((place, value)) = change {
            *place.get_mut(&mut bytes) = value;
        }
        bytes
    })
}

fn document() -> impl Strategy<Value = Vec<u8>> {
    let part = || {
        prop_oneof![
            vec(any::<u8>(), 0..3000),
            few_values(),
            runs(),
            nearly_periodic()
        ]
    };
    prop_oneof![4 => part(), 1 => vec(part(), 2..8).prop_map(|parts| parts.concat())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(256)))]

    #[test]
    fn documents(input in document(), level in 1..=9_u8) {
        assert_same("document", level, &input);
    }

    /// Where a block ends depends on the runs there.
    #[test]
    fn documents_across_the_end_of_a_block(input in document(), before: Index) {
        let before = border(1) - before.index(border(1).min(input.len() + 9));
        let input = [&without_runs(before), &input[..]].concat();
        assert_same("across the end", 1, &input);
    }
}

#[test]
fn runs_across_the_end_of_a_block() {
    let text = without_runs(border(1));
    for before in border(1) - 6..=border(1) {
        for length in [2, 3, 4, 5, 254, 255, 256, 258, 259, 514] {
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
    let lengths = (0..70).chain(more_tables.flat_map(|symbols| symbols - 30..symbols + 30));
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

/// A word that is hard to sort: each is the one before and the one before that.
fn fibonacci(length: usize) -> Vec<u8> {
    let (mut word, mut before) = (b"ab".to_vec(), b"a".to_vec());
    while word.len() < length {
        let next = [&word[..], &before].concat();
        before = std::mem::replace(&mut word, next);
    }
    word
}

#[test]
fn kinds_of_data_at_every_level() {
    let rising: Vec<u8> = (0..=u8::MAX).cycle().take(300_001).collect();
    let kinds = [
        ("rising", rising),
        ("random bytes", noise(950_000, 3)),
        ("hexadecimal digits", hexadecimal(950_000)),
        ("two letters", letters(b"ab", 320_000)),
        ("rare bytes", rare_bytes(950_000)),
        ("Fibonacci word", fibonacci(320_000)),
        ("a dump", text(2_000_000)),
        ("zeros", vec![0; 50_000_000]),
    ];
    for (number, (what, input)) in (0_u8..).zip(&kinds) {
        for level in [1, 2 + number, 9] {
            assert_same(what, level, input);
        }
    }
}

/// Some rotations of such blocks are equal, and bzip2's choice among them is its sort's.
#[test]
fn pieces_repeated() {
    let all: Vec<u8> = (b'a'..=u8::MAX).collect();
    let short = [&b"ab"[..], b"abc", &all].into_iter();
    let short = short.flat_map(|alphabet| (1..=40).map(|period| letters(alphabet, period)));
    let long = [4_999, 5_000, 33_000].map(|length| letters(b"abcd", length));
    // Rising pairs and one fall are sorted by bzip2 without its fallback.
    let pairs = (0..100).flat_map(|a| (a + 1..=100).flat_map(move |b| [a, b]));
    let ramp = [&b"ab".repeat(15_000)[..], b"c"].concat();
    let coded_runs = [
        "aaaa",
        "aaaabaaaa",
        "aaaaabbbbb",
        "baaaaaaaaaaaab",
        "aaaa\0",
    ];
    let coded_runs = coded_runs.map(|piece| piece.as_bytes().repeat(99));
    let pieces = short
        .chain(long)
        .chain([pairs.collect(), ramp])
        .chain(coded_runs);
    for piece in pieces {
        for times in [2, 3, 64] {
            let what = format!("{} bytes, {times} times", piece.len());
            assert_same(&what, 1, &piece.repeat(times));
        }
    }
}

#[test]
fn a_period_that_fills_a_block_of_every_level() {
    for level in 1..=9 {
        let fills = |period: &usize| border(level).is_multiple_of(*period);
        for period in (2..2000).rev().filter(fills).chain([border(level)]).take(2) {
            let input = repeated(&without_runs(period), border(level) + 1);
            assert_same(&format!("period {period}"), level, &input);
        }
    }
}
