//! The bzip2 encoder against bzip2 itself: the same bytes, whatever the input, at every level.

mod arbitrary;
mod borders;
mod kinds;
mod periods;
mod real_files;
mod runs;

use cback_compress::Mode;
use cback_tests::Random;

use crate::samples::Slices;
use crate::{options, other, output_of, packed};

/// How many coded bytes fill a block of this level.
fn border(level: u8) -> usize {
    usize::from(level) * 100_000 - 19
}

/// Asserts that `input` gives what `bzip2 -LEVEL` writes.
#[track_caller]
fn assert_same(what: &str, level: u8, input: &[u8]) {
    let options = options(Mode::Bzip2, level, 1, b"");
    let (result, stream) = packed(Slices::new(input, 1 << 16), &options);
    result.unwrap();
    let theirs = output_of(&other(&format!("bzip2 -c -{level}")), input);
    assert!(stream == theirs, "{what}: not what bzip2 -{level} writes");
}

fn assert_same_at_every_level(what: &str, input: &[u8]) {
    for level in 1..=9 {
        assert_same(what, level, input);
    }
}

/// Bytes of which no two neighbours are equal, so that their run-length code is themselves.
fn without_runs(length: usize) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$";
    let mut random = Random::new(1);
    let mut bytes = vec![];
    while bytes.len() < length {
        let byte = random.choose(alphabet);
        if bytes.last() != Some(&byte) {
            bytes.push(byte);
        }
    }
    bytes
}

/// `piece` again and again, up to a length.
fn repeated(piece: &[u8], length: usize) -> Vec<u8> {
    piece.iter().copied().cycle().take(length).collect()
}
