//! Our stream, bzip2's stream, and documents to compare them on.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};

use cback_compress::{Mode, Options, compress};

/// How many coded bytes fill a block of this level.
pub(crate) fn border(level: u8) -> usize {
    usize::from(level) * 100_000 - 19
}

/// Asserts that `input` gives bzip2's bytes.
pub(crate) fn assert_same(what: &str, level: u8, input: &[u8]) {
    let stream = ours(level, input.chunks(1 << 16));
    assert!(
        stream == bzip2(level, input),
        "{what}: not what bzip2 -{level} writes"
    );
}

/// Our stream for an input that arrives in these pieces.
pub(crate) fn ours<'a>(level: u8, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let pieces: VecDeque<Vec<u8>> = pieces.into_iter().map(<[u8]>::to_vec).collect();
    let options = Options {
        mode: Mode::Bzip2,
        level: Some(level),
        threads: Some(NonZeroUsize::MIN),
        seal: Vec::new(),
    };
    let mut stream = Vec::new();
    compress(Pieces(pieces), &mut stream, &options).unwrap();
    stream
}

/// Gives out a piece at a time.
struct Pieces(VecDeque<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.0.front().is_some_and(Vec::is_empty) {
            self.0.pop_front();
        }
        let Some(piece) = self.0.front_mut() else {
            return Ok(0);
        };
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        Ok(count)
    }
}

/// What `bzip2 -1` to `bzip2 -9` write.
pub(crate) fn bzip2(level: u8, input: &[u8]) -> Vec<u8> {
    let output = Command::new("bzip2")
        .args(["-c", &format!("-{level}")])
        .stdin(file_of(input))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

fn file_of(input: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    file.rewind().unwrap();
    file
}

/// Numbers that look random and are always the same (Knuth's MMIX generator, its upper half).
pub(crate) fn numbers(seed: u64) -> impl Iterator<Item = u32> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 32) as u32
    })
}

/// Bytes of an alphabet from `a` up.
pub(crate) fn letters(alphabet: u32, length: usize) -> Vec<u8> {
    numbers(u64::from(alphabet))
        .map(|number| b'a'.wrapping_add((number % alphabet) as u8))
        .take(length)
        .collect()
}

/// Bytes of which no two neighbours are equal, so that their run-length code is themselves.
pub(crate) fn without_runs(length: usize) -> Vec<u8> {
    let step = |byte: &mut u8, number: u32| {
        *byte = (*byte + 1 + (number % 29) as u8) % 30;
        Some(*byte + b'A')
    };
    numbers(1).scan(0, step).take(length).collect()
}
