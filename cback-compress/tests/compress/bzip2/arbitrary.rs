//! Arbitrary documents. `PROPTEST_CASES` makes it more of them.

use cback_tests::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{assert_same, border, repeated, without_runs};

/// Bytes of a few values, so that something repeats.
fn few_values() -> impl Strategy<Value = Vec<u8>> {
    (1..=6_u8, any::<u8>()).prop_flat_map(|(values, least)| {
        vec(
            (0..values).prop_map(move |value| least.wrapping_add(value)),
            0..3000,
        )
    })
}

/// Runs of many lengths.
fn runs() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![1..6_usize, 250..262_usize, 500..520_usize];
    vec((0..4_u8, length), 0..60).prop_map(|runs| {
        let runs = runs.into_iter();
        runs.flat_map(|(byte, length)| vec![byte; length]).collect()
    })
}

/// A piece repeated, a whole number of times or not, now and then with a byte changed.
fn nearly_periodic() -> impl Strategy<Value = Vec<u8>> {
    let more = prop_oneof![Just(0), 0..400_usize];
    let change = proptest::option::of((any::<Index>(), 0..3_u8));
    let parts = (vec(0..3_u8, 1..700), 1..60_usize, more, change);
    parts.prop_map(|(piece, times, more, change)| {
        let length = piece.len() * times + more % piece.len();
        let mut bytes = repeated(&piece, length);
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
    prop_oneof![
        4 => part(),
        1 => vec(part(), 2..8).prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(256)))]

    #[test]
    fn documents(input in document(), level in 1..=9_u8) {
        assert_same("document", level, &input);
    }

    #[test]
    fn documents_across_the_end_of_a_block(input in document(), before: Index) {
        let before = border(1) - before.index(input.len() + 9);
        let input = [&without_runs(before), &input[..]].concat();
        assert_same("across the end", 1, &input);
    }
}
