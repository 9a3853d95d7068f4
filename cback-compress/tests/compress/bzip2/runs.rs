//! Runs, which are coded before blocks are cut.

use super::{assert_same, border, without_runs};

/// Lengths at which a run's code changes.
const LENGTHS: [usize; 26] = [
    1, 2, 3, 4, 5, 6, 7, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 509, 510,
    511, 514, 515, 765,
];

#[test]
fn runs_alone_and_between_other_bytes() {
    for length in (1..300).chain(LENGTHS) {
        let run = vec![b'r'; length];
        assert_same(&format!("run of {length}"), 1, &run);
        let between = [b"before", &run[..], b"after"].concat();
        assert_same(&format!("run of {length} between"), 9, &between);
    }
}

#[test]
fn runs_across_the_end_of_a_block() {
    let text = without_runs(border(9) + 1);
    for (level, before, lengths) in [(1, 7, &LENGTHS[..]), (9, 5, &[258])] {
        for before in border(level) - before..=border(level) + 1 {
            for length in lengths {
                let mut input = text[..before].to_vec();
                input.resize(before + length, b'r');
                let what = format!("run of {length} after {before}");
                assert_same(&what, level, &input);
                input.extend(b"and more");
                assert_same(&format!("{what}, and more"), level, &input);
            }
        }
    }
}

#[test]
fn runs_and_nothing_else() {
    for length in [2, 3, 4, 5, 100, 254, 255, 256, 1000] {
        let run = |byte| vec![byte; length];
        let input: Vec<u8> = (b'a'..=b'g')
            .cycle()
            .take(400_000 / length)
            .flat_map(run)
            .collect();
        assert_same(&format!("runs of {length}"), 1, &input);
    }
}

#[test]
fn a_hundred_million_zeros() {
    let zeros = vec![0; 100_000_000];
    assert_same("100 MB of zeros", 9, &zeros);
    assert_same("10 MB of zeros", 1, &zeros[..10_000_000]);
}
