//! The Burrows-Wheeler transform: the last column of the block's sorted rotations, and which of the
//! rows is the block itself.
//!
//! libsais sorts *suffixes*, in linear time whatever the text. The order of suffixes is that of
//! rotations if the text is smaller than all its other rotations (a Lyndon word: each of its
//! suffixes is greater than the whole, so that where one suffix ends inside another, the rotations
//! compare the same way). So the block is turned to its least rotation first (`rotation`). The rows
//! stay the same, and the first is the turned text; the block's own row is found from a sample of
//! the ranks, going back from the next sampled position a byte at a time through the last column.
//!
//! A block that is one piece repeated has no such rotation: its rows come in equal ones, and which
//! of them bzip2 takes for the block depends on how its own sort moves them about. For such a
//! block, and for that one number, the bzip2 crate is asked, whose sort is bzip2's step by step.
//! (The last column is the same in any order of equal rows.)

use std::io;

use bzip2::Compression;
use bzip2::write::BzEncoder;
use libsais::BwtConstruction;

use super::rotation::least_rotation;
use super::runs;
use crate::buffer;

/// Every how many positions of the text libsais notes the rank; a power of two.
const SAMPLING: usize = 16;

/// How many numbers libsais gets to work with for each byte of the text. One will do; with two it
/// sorts what has few repetitions, as hexadecimal digits, faster by a sixth.
const ROOM: usize = 2;

/// Sorts blocks, in memory that is used again.
#[derive(Clone, Default)]
pub(super) struct Sorter {
    ranks: Vec<i32>,
    samples: Vec<i32>,
}

impl Sorter {
    /// Turns the block into its last column, gives the block's own row.
    pub(super) fn sort(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let (start, repeated) = least_rotation(block);
        let orig_ptr = repeated.then(|| orig_ptr_by_bzip2(block)).transpose()?;
        block.rotate_left(start);
        self.transform(block)?;
        match orig_ptr {
            Some(orig_ptr) => Ok(orig_ptr),
            None => self.row(block, (block.len() - start) % block.len()),
        }
    }

    /// Turns the text into its last column and notes some ranks.
    fn transform(&mut self, text: &mut [u8]) -> io::Result<()> {
        let rate = i32::try_from(SAMPLING).map_err(io::Error::other)?;
        buffer::resize(&mut self.ranks, ROOM * text.len())?;
        buffer::resize(&mut self.samples, text.len().div_ceil(SAMPLING))?;
        BwtConstruction::replace_text(text)
            .with_borrowed_temporary_array_buffer(&mut self.ranks)
            .single_threaded()
            .with_aux_indices_in_buffer(rate.into(), &mut self.samples)
            .run()
            .map_err(io::Error::other)?;
        Ok(())
    }

    /// The row that starts at this position of the text.
    fn row(&self, last_column: &[u8], position: usize) -> io::Result<usize> {
        let sample = position.div_ceil(SAMPLING);
        // Past the last sample, start from the end, which is the start: the first row.
        let (mut row, sampled) = match self.samples.get(sample) {
            Some(rank) => (
                usize::try_from(rank - 1).map_err(io::Error::other)?,
                sample * SAMPLING,
            ),
            None => (0, last_column.len()),
        };
        for _ in position..sampled {
            row = row_before(last_column, row);
        }
        Ok(row)
    }
}

/// The row that starts a position earlier: rows that start with the same byte keep the order of
/// their rests.
fn row_before(last_column: &[u8], row: usize) -> usize {
    let byte = last_column[row];
    count(last_column, |other| other < byte) + count(&last_column[..row], |other| other == byte)
}

/// Counts in bytes as long as it can, so that vector instructions do many at a time.
fn count(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    let in_few = |few: &[u8]| few.iter().map(|&byte| u8::from(wanted(byte))).sum::<u8>();
    bytes.chunks(255).map(|few| usize::from(in_few(few))).sum()
}

/// The row that bzip2 takes for the block, read from the head of a stream that it made.
fn orig_ptr_by_bzip2(block: &[u8]) -> io::Result<usize> {
    // The lowest level whose blocks surely are as long, since memory goes by the level.
    let level = (block.len() / 99_000 + 1).min(9) as u32;
    let mut encoder = BzEncoder::new(Vec::new(), Compression::new(level));
    runs::expand(block, &mut encoder)?;
    let stream = encoder.finish()?;
    // A bit behind the stream's and the block's headers come the row's 24.
    let row = stream[14..18]
        .iter()
        .fold(0, |row, &byte| row << 8 | usize::from(byte));
    Ok(row >> 7 & 0xff_ffff)
}
