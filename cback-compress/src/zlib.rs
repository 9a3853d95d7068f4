//! Deflating by zlib-rs, which flushes at a byte, in ways that flate2 does not offer.

use std::io;

use zlib_rs::{Deflate, DeflateConfig, DeflateError, DeflateFlush, Strategy, compress_bound};

use crate::buffer;

/// Deflate blocks, of which none is the stream's last, up to a byte's end. What is repeated of `before`, of which the
/// last 32 KiB count, is not written anew.
pub(crate) fn deflate(
    strategy: Strategy,
    level: u8,
    before: &[u8],
    data: &[u8],
) -> io::Result<Vec<u8>> {
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
