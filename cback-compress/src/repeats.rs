//! Blocks that zlib-rs deflates better than libdeflate, which is asked for all others.
//!
//! bytea is dumped as hexadecimal digits. Where they stand for data that is compressed or
//! encrypted already, the repeats in them are a few digits long and there by chance: looking for
//! them takes most of the time and gains nothing, so Huffman codes alone are used. Base64 and random
//! numbers are alike. For 60 MB of such digits this takes 0.3 s, libdeflate 0.8, for 0.1 % more output.
//!
//! Columns of codes of three or four letters have repeats that are worth naming, but libdeflate,
//! which takes no repeat shorter than five bytes where few different bytes occur, makes up to 20 %
//! more of them than zlib-rs does; of columns of numbers it makes 10 % less. So samples tell.
//!
//! Rows that are all alike come to so little that a choice of theirs, or the 32 KiB before a block, which libdeflate
//! cannot be given, may be half of it.

use std::io;

use zlib_rs::Strategy;

use crate::zlib;

/// Bytes in a piece: more than are repeated by chance.
const PIECE: usize = 8;
/// Pieces remembered: as many as there are in deflate's window.
const SLOTS: usize = (32 << 10) / PIECE;
/// One probe in so many that meets its piece again is enough. Then about one byte in twenty
/// belongs to a repeat, as only every eighth place is remembered.
const ENOUGH: usize = 160;

/// How many pieces of a block are tried with repeats and without, and how many bytes each has.
const SAMPLES: usize = 3;
const SAMPLE: usize = 16 << 10;
/// Bytes that are tried by both libraries: most of them have a whole window before them, as in the block.
const LARGE_SAMPLE: usize = 96 << 10;
/// zlib-rs's level: those above take longer and find hardly more of short repeats.
const LEVEL: u8 = 5;

/// libdeflate has to make one byte of so many, and of most tables makes more.
const FEW: usize = 24;
/// One part in so many is tried.
const PARTS: usize = 16;
/// It has to promise so much less, one byte of so many, to be worth the time.
const WORTH: usize = 32;

/// Deflates `data` by what samples of it show to be best; none if that is libdeflate, or `data` is better searched for
/// long repeats, or is little. `by_libdeflate` tells how long a sample is then.
pub(crate) fn deflate_short(
    data: &[u8],
    by_libdeflate: impl FnOnce(&[u8]) -> io::Result<usize>,
) -> io::Result<Option<Vec<u8>>> {
    if data.len() < SAMPLES * SAMPLE || repeats_are_many(data) {
        return Ok(None);
    }
    let samples = data.chunks_exact(data.len() / SAMPLES);
    let samples = samples.map(|third| &third[..SAMPLE]);
    let by_zlib = |strategy, data| zlib::deflate(strategy, LEVEL, &[], data);
    let (mut alone, mut with_repeats) = (0, 0);
    for sample in samples {
        alone += by_zlib(Strategy::HuffmanOnly, sample)?.len();
        with_repeats += by_zlib(Strategy::Default, sample)?.len();
    }
    if alone <= with_repeats {
        return by_zlib(Strategy::HuffmanOnly, data).map(Some);
    }
    let sample = &data[..data.len().min(LARGE_SAMPLE)];
    if by_libdeflate(sample)? <= by_zlib(Strategy::Default, sample)?.len() {
        return Ok(None);
    }
    by_zlib(Strategy::Default, data).map(Some)
}

/// Deflates `data` behind `before` by zlib-rs if that makes less than the `length` bytes that libdeflate has made, and those
/// are few. A part in the middle is tried first.
pub(crate) fn deflate_long(
    level: u8,
    before: &[u8],
    data: &[u8],
    length: usize,
) -> io::Result<Option<Vec<u8>>> {
    let level = (level + 1).clamp(LEVEL, 9);
    let by_zlib =
        |before: &[u8], data: &[u8]| zlib::deflate(Strategy::Default, level, before, data);
    let (beginning, rest) = data.split_at(data.len() / 2);
    let part = data.len() / PARTS;
    if length >= data.len() / FEW
        || by_zlib(beginning, &rest[..part])?.len() * PARTS >= length - length / WORTH
    {
        return Ok(None);
    }
    let deflated = by_zlib(before, data)?;
    Ok((deflated.len() < length).then_some(deflated))
}

/// Whether pieces of `data` are repeated, in places enough to matter.
fn repeats_are_many(data: &[u8]) -> bool {
    let enough = data.len() / PIECE / ENOUGH;
    let mut seen = vec![0; SLOTS];
    let mut met = 0;
    for (cell, pair) in data.windows(2 * PIECE).step_by(PIECE).enumerate() {
        // One probe a cell, at each of its places in turn: a repeat need not be aligned.
        let probe = piece(&pair[cell % PIECE..]);
        met += usize::from(seen[slot(probe)] == probe);
        if met > enough {
            return true;
        }
        let piece = piece(pair);
        seen[slot(piece)] = piece;
    }
    false
}

fn piece(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |piece: &[u8; PIECE]| u64::from_le_bytes(*piece))
}

/// Fibonacci hashing: the top bits of a product depend on every bit of the piece.
fn slot(piece: u64) -> usize {
    const BITS: u32 = SLOTS.trailing_zeros();
    (piece.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - BITS)) as usize
}
