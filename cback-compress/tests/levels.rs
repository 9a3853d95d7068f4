//! Levels 1 to 9, and how large the output is.
#![allow(clippy::unwrap_used)]

mod program;

use program::{compressed, hexadecimal, other, run, text};

#[test]
fn every_level_reads_back_and_is_no_larger_than_gzips() {
    let inputs = [text(3_000_000), hexadecimal(2_000_000), vec![b'a'; 300_000]];
    for level in 1..=9 {
        let level = format!("-{level}");
        let (mut size, mut theirs) = (0, 0);
        for input in &inputs {
            let stream = compressed(&[&level], input);
            assert!(
                run(&mut other("gzip -dc"), &stream).output == *input,
                "{level}"
            );
            size += stream.len();
            theirs += run(&mut other(&format!("gzip {level}")), input)
                .output
                .len();
        }
        assert!(size <= theirs, "{level}: {size} bytes, gzip has {theirs}");
    }
}

#[test]
fn a_level_further_up_is_never_larger() {
    let input = text(3_000_000);
    let size = |level| compressed(&[&format!("-{level}")], &input).len();
    let sizes: Vec<_> = (1..=9).map(size).collect();
    assert!(sizes.is_sorted_by(|less, more| less >= more), "{sizes:?}");
    assert!(sizes[8] < sizes[0], "{sizes:?}");
}

#[test]
fn every_bzip2_level_is_bzip2s() {
    let input = text(1_500_000);
    for level in 1..=9 {
        let level = format!("-{level}");
        let theirs = run(&mut other(&format!("bzip2 -c {level}")), &input).output;
        assert!(
            compressed(&["-m", "bzip2", &level], &input) == theirs,
            "{level}"
        );
    }
}

/// Little input gets a small window: look around the border of each.
#[test]
fn any_small_length_reads_back() {
    for bits in 9..=15 {
        for length in (1 << bits) - 264..(1 << bits) - 260 {
            let once = text(length / 2);
            let input = [&once[..], &once, b"!"].concat();
            let unpacked = run(&mut other("gzip -dc"), &compressed(&[], &input)).output;
            assert!(unpacked == input, "{length} bytes");
        }
    }
}

/// Whatever joins blocks costs nothing where there is one.
#[test]
fn little_input_is_no_larger_than_gzips_by_a_hundredth() {
    for length in [0, 1, 100, 1024] {
        let input = text(length);
        let theirs = run(&mut other("gzip -6"), &input).output.len();
        let ours = compressed(&["-6"], &input).len();
        assert!(
            ours <= theirs + theirs / 100,
            "{length} bytes: {ours}, gzip has {theirs}"
        );
    }
}
