//! Blocks that zlib-rs deflates better than libdeflate, which is asked for all others.
//!
//! bytea is dumped as hexadecimal digits. Where they stand for data that is compressed or
//! encrypted already, the repeats in them are a few digits long and there by chance: looking for
//! them takes most of the time and gains nothing, so Huffman codes alone are used. Base64 and random
//! numbers are alike. For 60 MB of such digits this takes 0.4 s, libdeflate 1.3, which makes no less of them.
//!
//! Columns of codes of three or four letters have repeats that are worth naming, but libdeflate,
//! which takes no repeat shorter than five bytes where few different bytes occur, makes up to 20 %
//! more of them than zlib-rs does; of columns of numbers it makes 10 % less. So a part is tried.
//!
//! Rows that are all alike come to so little that a choice of theirs, or the 32 KiB before a block, which libdeflate
//! cannot be given, may be half of it.

use std::io;

use zlib_rs::{Deflate, DeflateConfig, DeflateError, DeflateFlush, Strategy, compress_bound};

use crate::buffer;

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
/// zlib-rs's least level here: those above take longer and find hardly more of short repeats.
const LEVEL: u8 = 5;

/// One part in so many is tried.
const PARTS: usize = 16;
/// It has to promise so much less, one byte of so many, to be worth the time.
const WORTH: usize = 32;

/// Whether `data` is not little, and pieces of it are repeated in too few places to matter.
pub(crate) fn are_few(data: &[u8]) -> bool {
    data.len() >= SAMPLES * SAMPLE && !are_many(data)
}

/// Deflates `data` without naming repeats, if samples of it gain nothing by that; there has to be enough of it.
pub(crate) fn deflate_without(data: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let (mut alone, mut with_repeats) = (0, 0);
    for third in data.chunks_exact(data.len() / SAMPLES) {
        let sample = &third[..SAMPLE];
        alone += deflate(Strategy::HuffmanOnly, LEVEL, &[], sample)?.len();
        with_repeats += deflate(Strategy::Default, LEVEL, &[], sample)?.len();
    }
    let is_enough = alone <= with_repeats;
    let deflate = || deflate(Strategy::HuffmanOnly, LEVEL, &[], data);
    is_enough.then(deflate).transpose()
}

/// Deflates `data` behind `before`, if that makes less than `length` bytes. A part in the middle is tried first.
pub(crate) fn deflate_to_less(
    length: usize,
    level: u8,
    before: &[u8],
    data: &[u8],
) -> io::Result<Option<Vec<u8>>> {
    let level = (level + 1).clamp(LEVEL, 9);
    let (beginning, rest) = data.split_at(data.len() / 2);
    let part = &rest[..data.len() / PARTS];
    let part = deflate(Strategy::Default, level, beginning, part)?;
    if part.len() * PARTS >= length - length / WORTH {
        return Ok(None);
    }
    let deflated = deflate(Strategy::Default, level, before, data)?;
    Ok((deflated.len() < length).then_some(deflated))
}

fn are_many(data: &[u8]) -> bool {
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

/// Deflate blocks, of which none is the stream's last, up to a byte's end. What is repeated of `before`, of which the
/// last 32 KiB count, is not written anew.
fn deflate(strategy: Strategy, level: u8, before: &[u8], data: &[u8]) -> io::Result<Vec<u8>> {
    let failed = |error: DeflateError| io::Error::other(error.as_str());
    let mut state = Deflate::new_with_config(DeflateConfig {
        level: level.into(),
        window_bits: -15,
        strategy,
        ..Default::default()
    });
    if !before.is_empty() {
        state.set_dictionary(before).map_err(failed)?;
    }
    // The most that this may come to, and a flush.
    let mut deflated = buffer::zeroed(compress_bound(data.len()) + 16)?;
    state
        .compress(data, &mut deflated, DeflateFlush::SyncFlush)
        .map_err(failed)?;
    let (taken, made) = (state.total_in(), state.total_out());
    if taken != data.len() as u64 || made >= deflated.len() as u64 {
        return Err(io::Error::other("deflate has left something over"));
    }
    buffer::copy(&deflated[..usize::try_from(made).map_err(io::Error::other)?])
}
