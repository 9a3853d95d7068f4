//! No compression: blocks pass as they came.

use std::io::{self, Read, Write};

use crate::pipeline::{Cut, Encode, Format, Join, read_block};

const BLOCK: usize = 256 << 10;

pub(crate) fn format() -> Format<Whole, fn() -> Whole, Whole> {
    Format {
        cut: Whole,
        encoder: || Whole,
        join: Whole,
    }
}

/// Does nothing to a block, in each of the three parts.
pub(crate) struct Whole;

impl Cut for Whole {
    type Block = Vec<u8>;

    fn cut(&mut self, input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let block = read_block(input, BLOCK)?;
        Ok((!block.is_empty()).then_some(block))
    }
}

impl Encode for Whole {
    type Block = Vec<u8>;
    type Piece = Vec<u8>;

    fn encode(&mut self, block: Vec<u8>) -> io::Result<Vec<u8>> {
        Ok(block)
    }
}

impl Join for Whole {
    type Piece = Vec<u8>;

    fn join(&mut self, piece: Vec<u8>, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&piece)
    }

    fn finish(self, _: &mut impl Write) -> io::Result<()> {
        Ok(())
    }
}
