//! Arbitrary documents. `PROPTEST_CASES` makes it more of them.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::oracle::{assert_same, border, bzip2, ours, without_runs};

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
        runs.into_iter()
            .flat_map(|(byte, length)| vec![byte; length])
            .collect()
    })
}

/// A piece repeated, now and then with a byte changed.
fn nearly_periodic() -> impl Strategy<Value = Vec<u8>> {
    let change = proptest::option::of((any::<prop::sample::Index>(), 0..3_u8));
    (vec(0..3_u8, 1..400), 1..60_usize, 0..400_usize, change).prop_map(
        |(piece, times, more, change)| {
            let length = piece.len() * times + more % piece.len();
            let mut bytes: Vec<u8> = piece.into_iter().cycle().take(length).collect();
            if let Some((place, value)) = change {
                let place = place.index(bytes.len());
                bytes[place] = value;
            }
            bytes
        },
    )
}

/// A piece repeated, the whole number of times.
fn periodic() -> impl Strategy<Value = Vec<u8>> {
    (vec(0..3_u8, 1..700), 2..40_usize).prop_map(|(piece, times)| piece.repeat(times))
}

fn document() -> impl Strategy<Value = Vec<u8>> {
    let part = || {
        prop_oneof![
            vec(any::<u8>(), 0..3000),
            few_values(),
            runs(),
            nearly_periodic(),
            periodic(),
        ]
    };
    prop_oneof![
        4 => part(),
        1 => vec(part(), 2..8).prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #[test]
    fn documents(input in document(), level in 1..=9_u8) {
        assert_same("document", level, &input);
    }

    #[test]
    fn documents_across_the_end_of_a_block(
        input in document(),
        before in any::<prop::sample::Index>(),
    ) {
        let before = border(1) - before.index(input.len() + 9);
        let input = [&without_runs(before), &input[..]].concat();
        assert_same("across the end", 1, &input);
    }

    #[test]
    fn pieces_do_not_matter(input in document(), sizes in vec(0..700_usize, 1..20)) {
        let mut pieces = Vec::new();
        let mut rest = &input[..];
        for size in sizes {
            let (piece, more) = rest.split_at(size.min(rest.len()));
            pieces.push(piece);
            rest = more;
        }
        pieces.push(rest);
        prop_assert_eq!(ours(9, pieces), bzip2(9, &input));
    }
}
