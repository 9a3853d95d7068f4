//! A block of data as part of a deflate stream (RFC 1951), which others precede and follow.
//!
//! libdeflate gives a stream for each call, whose last deflate block says that it is the last. To let
//! others follow, the bit that says so is cleared and an empty stored block is put behind, which ends
//! at a byte, as zlib's `Z_SYNC_FLUSH` does. Where the bit stands is known only by unpacking from the
//! start (so does Mark Adler's gzjoin); what is unpacked is compared with the data, so that a fault
//! of libdeflate or of the memory makes no backup that cannot be read.

use std::io;

use libdeflater::{CompressionLvl, Compressor};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY;
use miniz_oxide::inflate::core::{BlockBoundaryState, DecompressorOxide, decompress};

use crate::{buffer, repeats};

/// libdeflate's levels. From 2 to 8 none makes a dump larger than gzip's of the same number; its 1 is
/// larger than gzip's for rows of pgbench's, and its 8 no larger than gzip's 9, in less time than its 9.
const LEVELS: (u8, u8) = (2, 8);
/// Bytes unpacked at a time, a power of two: deflate's window, which is 32 KiB, or more.
const WINDOW: usize = 64 << 10;

/// libdeflate makes one byte of so many where rows are all alike, and of most tables more.
const ALIKE: usize = 24;

/// A deflate block that has no data and is the last.
const EMPTY: [u8; 2] = [3, 0];
/// The rest of a stored deflate block without data, behind the three bits that begin it.
const STORED: [u8; 4] = [0, 0, 0xff, 0xff];

/// Deflate blocks, of which none says that it is the last.
pub(crate) struct Deflated {
    bytes: Vec<u8>,
    /// How libdeflate ended them; none if they end at a byte anyhow.
    end: Option<End>,
}

struct End {
    /// The bit that makes the last deflate block the last, counted from the first byte's lowest.
    last: usize,
    /// How many of the last byte's bits are not used, 0 to 7.
    unused: u8,
}

impl Deflated {
    /// Bytes behind which a deflate block can begin.
    pub(crate) fn flushed(bytes: Vec<u8>) -> Self {
        Self { bytes, end: None }
    }

    /// The bytes, if others follow.
    pub(crate) fn followed(mut self) -> Vec<u8> {
        if let Some(end) = self.end {
            if end.unused < 3 {
                self.bytes.push(0);
            }
            self.bytes.extend(STORED);
        }
        self.bytes
    }

    /// The bytes, if the stream ends here.
    pub(crate) fn finished(mut self) -> Vec<u8> {
        match self.end {
            Some(end) => self.bytes[end.last / 8] |= 1 << (end.last % 8),
            None => self.bytes.extend(EMPTY),
        }
        self.bytes
    }
}

/// Deflates blocks, each in the memory that the one before has used.
pub(crate) struct Deflater {
    level: u8,
    libdeflate: Option<(Compressor, Vec<u8>)>,
}

impl Clone for Deflater {
    fn clone(&self) -> Self {
        Self::new(self.level)
    }
}

impl Deflater {
    /// By this level of gzip, 1 to 9.
    pub(crate) fn new(level: u8) -> Self {
        Self {
            level,
            libdeflate: None,
        }
    }

    pub(crate) fn deflate(&mut self, before: &[u8], data: &[u8]) -> io::Result<Deflated> {
        let repeats_are_few = repeats::are_few(data);
        if repeats_are_few && let Some(bytes) = repeats::deflate_without(data)? {
            return Ok(Deflated::flushed(bytes));
        }
        let mut bytes = self.by_libdeflate(data)?;
        if (repeats_are_few || bytes.len() < data.len() / ALIKE)
            && let Some(fewer) = repeats::deflate_to_less(bytes.len(), self.level, before, data)?
        {
            return Ok(Deflated::flushed(fewer));
        }
        let end = Some(open(&mut bytes, data)?);
        Ok(Deflated { bytes, end })
    }

    /// A whole deflate stream.
    fn by_libdeflate(&mut self, data: &[u8]) -> io::Result<Vec<u8>> {
        let (compressor, bytes) = match &mut self.libdeflate {
            Some(state) => state,
            none => none.insert((compressor(self.level)?, vec![])),
        };
        buffer::resize(bytes, compressor.deflate_compress_bound(data.len()))?;
        let length = compressor.deflate_compress(data, bytes);
        buffer::copy(&bytes[..length.map_err(io::Error::other)?])
    }
}

fn compressor(level: u8) -> io::Result<Compressor> {
    let level = CompressionLvl::new(level.clamp(LEVELS.0, LEVELS.1).into())
        .map_err(|_| io::Error::other("libdeflate has no such level"))?;
    Ok(Compressor::new(level))
}

/// Has the deflate blocks that `data` has become not end the stream.
fn open(deflated: &mut [u8], data: &[u8]) -> io::Result<End> {
    let mut window = buffer::zeroed(WINDOW)?;
    let mut decoder = DecompressorOxide::new();
    let mut between = BlockBoundaryState::default();
    let (mut taken, mut made) = (0, 0);
    let mut last = None;
    while last.is_none() {
        let bit = taken * 8 - usize::from(between.num_bits);
        let byte = deflated.get_mut(bit / 8).ok_or_else(damaged)?;
        if *byte >> (bit % 8) & 1 == 1 {
            *byte &= !(1 << (bit % 8));
            last = Some(bit);
            // The decoder may have read the byte already.
            between.bit_buf &= !1;
            decoder = DecompressorOxide::from_block_boundary_state(&between);
        }
        loop {
            let at = made % WINDOW;
            let (status, more_taken, more) = decompress(
                &mut decoder,
                &deflated[taken..],
                &mut window,
                at,
                TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY,
            );
            if data.get(made..made + more) != Some(&window[at..at + more]) {
                return Err(damaged());
            }
            taken += more_taken;
            made += more;
            match (status, decoder.block_boundary_state()) {
                (TINFLStatus::HasMoreOutput, _) => {}
                (TINFLStatus::BlockBoundary, Some(state)) => {
                    between = state;
                    break;
                }
                _ => return Err(damaged()),
            }
        }
    }
    match last {
        Some(last) if (taken, made) == (deflated.len(), data.len()) => Ok(End {
            last,
            unused: between.num_bits,
        }),
        _ => Err(damaged()),
    }
}

fn damaged() -> io::Error {
    io::Error::other("the deflated block does not unpack to what it was")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As where libdeflate, or the memory, made something else of the data.
    #[test]
    fn a_block_that_unpacks_to_something_else_is_refused() {
        let lines = (0..50_000_usize).map(|line| format!("line {} of the table\t", line * line));
        let data = lines.collect::<String>().into_bytes();
        let stream = Deflater::new(6).by_libdeflate(&data).unwrap();
        assert!(open(&mut stream.clone(), &data).is_ok());
        assert!(open(&mut stream.clone(), &data[1..]).is_err());
        assert!(open(&mut stream.clone(), &[&data[..], b"1"].concat()).is_err());
        assert!(open(&mut [&stream[..], b"1"].concat(), &data).is_err());
        for place in (0..stream.len()).step_by(997) {
            let mut damaged = stream.clone();
            damaged[place] ^= 1;
            assert!(open(&mut damaged, &data).is_err(), "byte {place}");
            assert!(
                open(&mut stream[..place].to_vec(), &data).is_err(),
                "{place} bytes"
            );
        }
    }
}
