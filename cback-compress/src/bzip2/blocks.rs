//! Reading the input into the run coder.

use std::io::{self, Read};
use std::ops::Range;

use super::runs::{Block, RunCoder};
use crate::pipeline::Split;

/// Bytes read at a time; where blocks end is for the run coder to find.
const CHUNK: u64 = 256 << 10;

/// Splits the input into bzip2's blocks.
pub(crate) struct Blocks {
    /// None once the input has ended.
    coder: Option<RunCoder>,
    chunk: Vec<u8>,
    /// The part of the chunk that the coder has not taken yet.
    fresh: Range<usize>,
}

impl Blocks {
    /// Blocks of level 1 to 9.
    pub(super) fn new(level: u8) -> Self {
        Self {
            coder: Some(RunCoder::new(level)),
            chunk: Vec::new(),
            fresh: 0..0,
        }
    }
}

impl Split for Blocks {
    type Block = Block;

    fn split(&mut self, input: &mut impl Read) -> io::Result<Option<Block>> {
        while let Some(coder) = &mut self.coder {
            let mut fresh = &self.chunk[self.fresh.clone()];
            let block = coder.feed(&mut fresh)?;
            self.fresh.start = self.fresh.end - fresh.len();
            if block.is_some() {
                return Ok(block);
            }
            self.chunk.clear();
            self.fresh = 0..input.take(CHUNK).read_to_end(&mut self.chunk)?;
            if self.chunk.is_empty() {
                return Ok(self.coder.take().and_then(RunCoder::finish));
            }
        }
        Ok(None)
    }
}
