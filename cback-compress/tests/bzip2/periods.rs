//! Blocks that are one piece repeated: some of their rotations are equal, and bzip2's choice among
//! them is its sort's.

use crate::oracle::{assert_same, border, letters, without_runs};

/// `piece` again and again, up to a length.
fn repeated(piece: &[u8], length: usize) -> Vec<u8> {
    piece.iter().copied().cycle().take(length).collect()
}

#[test]
fn pieces_of_every_short_length_a_few_times() {
    for period in 1..=40 {
        for alphabet in [2, 3, 200] {
            let piece = letters(alphabet, period);
            for times in [2, 3, 5, 64] {
                let what = format!("{piece:?} {times} times");
                assert_same(&what, 1, &repeated(&piece, period * times));
            }
            assert_same(
                &format!("{piece:?} and a half"),
                1,
                &repeated(&piece, period * 9 / 2),
            );
        }
    }
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
        let period = (2..2000)
            .rev()
            .find(|period| border(level).is_multiple_of(*period));
        let piece = without_runs(period.unwrap_or(border(level)));
        assert_same(
            &format!("{period:?}"),
            level,
            &repeated(&piece, border(level) + 1),
        );
    }
}

#[test]
fn long_pieces_twice_and_thrice() {
    for alphabet in [2, 4, 30] {
        for times in [2, 3] {
            for period in [4_999, 5_000, 5_001, 20_000, 33_000] {
                let piece = letters(alphabet, period);
                let what = format!("{period} of {alphabet}, {times} times");
                assert_same(&what, 1, &repeated(&piece, period * times));
            }
        }
    }
}

#[test]
fn pieces_whose_rotations_bzip2_sorts_without_its_fallback() {
    // Rising pairs and one fall: nearly every bucket's order follows from another's.
    let rising: Vec<u8> = (0..=255).collect();
    let pairs: Vec<u8> = (0..100)
        .flat_map(|a| (a + 1..=100).flat_map(move |b| [a, b]))
        .collect();
    let mut ramp = repeated(b"ab", 30_000);
    ramp.push(b'c');
    for piece in [rising, pairs, ramp] {
        for times in [2, 3, 10] {
            let input = repeated(&piece, piece.len() * times);
            assert_same(&format!("{} bytes {times} times", piece.len()), 9, &input);
        }
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
            assert_same(
                &format!("{piece:?} to {length}"),
                1,
                &repeated(piece.as_bytes(), length),
            );
        }
    }
}

#[test]
fn a_stretch_that_breaks_the_period() {
    for at in [0, 1, 30_000, 59_998, 59_999] {
        let mut input = repeated(&without_runs(300), 60_000);
        input[at] = b'!';
        assert_same(&format!("broken at {at}"), 1, &input);
    }
}
