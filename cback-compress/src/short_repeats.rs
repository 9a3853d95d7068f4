//! Blocks in which no long pieces are repeated.
//!
//! bytea is dumped as hexadecimal digits. Where they stand for data that is compressed or
//! encrypted already, the repeats in them are a few digits long and there by chance: looking for
//! them takes most of the time and gains nothing, so Huffman codes alone are used. Base64 and random
//! numbers are alike. For 60 MB of such digits this takes 0.3 s, libdeflate 0.8, for 0.1 % more output.
//!
//! Columns of codes of three or four letters have repeats that are worth naming, but libdeflate,
//! which takes no repeat shorter than five bytes where few different bytes occur, makes up to 20 %
//! more of them than zlib-rs does. So samples of the block are deflated both ways by zlib-rs.

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

/// How many pieces of a block are tried both ways, and how many bytes each has.
const SAMPLES: usize = 3;
const SAMPLE: usize = 16 << 10;
/// zlib-rs's level: those above take longer and find hardly more of such repeats.
const LEVEL: i32 = 5;

/// Deflate blocks, of which none is the stream's last, up to a byte's end; none if `data` is better
/// searched for long repeats, or is little.
pub(crate) fn deflate(data: &[u8]) -> io::Result<Option<Vec<u8>>> {
    if data.len() < SAMPLES * SAMPLE || repeats_are_many(data) {
        return Ok(None);
    }
    let (mut alone, mut with_repeats) = (0, 0);
    for third in data.chunks_exact(data.len() / SAMPLES) {
        alone += deflate_by(Strategy::HuffmanOnly, &third[..SAMPLE])?.len();
        with_repeats += deflate_by(Strategy::Default, &third[..SAMPLE])?.len();
    }
    let strategy = if alone <= with_repeats {
        Strategy::HuffmanOnly
    } else {
        Strategy::Default
    };
    deflate_by(strategy, data).map(Some)
}

fn deflate_by(strategy: Strategy, data: &[u8]) -> io::Result<Vec<u8>> {
    let failed = |error: DeflateError| io::Error::other(error.as_str());
    let mut state = Deflate::new_with_config(DeflateConfig {
        level: LEVEL,
        window_bits: -15,
        strategy,
        ..Default::default()
    });
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
