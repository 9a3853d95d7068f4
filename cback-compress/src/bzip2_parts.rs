//! bzip2's cutter, encoder and joiner as the pipeline wants them.

use std::io::{self, ErrorKind, Read, Write};

use crate::bzip2::{Block, Coded, Cutter, Encoder, Joiner};
use crate::pipeline::{Cut, Encode, Format, Join};

/// Bytes read at a time; where blocks end is for the cutter to find.
const CHUNK: usize = 256 << 10;

pub(crate) fn format(level: u8) -> Format<Chunks, fn() -> Encoder, Joiner> {
    Format {
        cut: Chunks {
            cutter: Some(Cutter::new(level)),
            chunk: vec![0; CHUNK],
            fresh: 0..0,
        },
        encoder: Encoder::new,
        join: Joiner::new(level),
    }
}

/// Feeds a cutter.
pub(crate) struct Chunks {
    /// None once the input has ended.
    cutter: Option<Cutter>,
    chunk: Vec<u8>,
    /// What of the chunk the cutter has not taken yet.
    fresh: std::ops::Range<usize>,
}

impl Cut for Chunks {
    type Block = Block;

    fn cut(&mut self, input: &mut impl Read) -> io::Result<Option<Block>> {
        while let Some(cutter) = &mut self.cutter {
            let mut fresh = &self.chunk[self.fresh.clone()];
            let block = cutter.feed(&mut fresh);
            self.fresh.start = self.fresh.end - fresh.len();
            if block.is_some() {
                return Ok(block);
            }
            match input.read(&mut self.chunk) {
                Ok(0) => return Ok(self.cutter.take().and_then(Cutter::finish)),
                Ok(count) => self.fresh = 0..count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

impl Encode for Encoder {
    type Block = Block;
    type Piece = Coded;

    fn encode(&mut self, block: Block) -> io::Result<Coded> {
        Encoder::encode(self, block)
    }
}

impl Join for Joiner {
    type Piece = Coded;

    fn join(&mut self, piece: Coded, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&self.append(&piece))
    }

    fn finish(self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&Joiner::finish(self))
    }
}
