//! The way of a stream: cut into blocks, encoded one by one, joined in order.

use std::io::{self, ErrorKind, Read, Write};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Error;

/// Cuts blocks off the input.
pub trait Cut: Send + 'static {
    /// What one encoder works on at a time.
    type Block: Send + 'static;

    /// The next block, or none once the input has ended. How the input arrives must not matter.
    fn cut(&mut self, input: &mut impl Read) -> io::Result<Option<Self::Block>>;
}

/// Encodes a block, without knowing any other.
pub trait Encode {
    /// As cut.
    type Block;
    /// As joined.
    type Piece: Send + 'static;

    /// Does the work that is worth a thread.
    fn encode(&mut self, block: Self::Block) -> io::Result<Self::Piece>;
}

/// Joins the pieces, in the order of their blocks, to a stream.
pub trait Join {
    /// An encoded block.
    type Piece;

    /// Writes what is certain once `piece` is known.
    fn join(&mut self, piece: Self::Piece, output: &mut impl Write) -> io::Result<()>;

    /// Writes the end. Only this may make the stream one that decoders take for whole.
    fn finish(self, output: &mut impl Write) -> io::Result<()>;
}

/// The three parts of a format; `encode` makes an encoder for each thread.
pub struct Format<C, E, J> {
    /// Runs where the input is read.
    pub cut: C,
    /// Makes the encoder of a thread.
    pub encode: E,
    /// Runs where the output is written.
    pub join: J,
}

/// Runs `input` through `format` into `output`.
pub fn run<C, E, J, M>(
    format: Format<C, M, J>,
    mut input: impl Read + Send + 'static,
    output: &mut impl Write,
    _threads: NonZeroUsize,
) -> Result<(), Error>
where
    C: Cut,
    E: Encode<Block = C::Block>,
    J: Join<Piece = E::Piece>,
    M: Fn() -> E + Send + 'static,
{
    let Format {
        mut cut,
        encode,
        mut join,
    } = format;
    catch_unwind(AssertUnwindSafe(|| {
        let mut encoder = encode();
        while let Some(block) = cut.cut(&mut input).map_err(Error::reading)? {
            let piece = encoder.encode(block).map_err(Error::Encode)?;
            join.join(piece, output).map_err(Error::Write)?;
        }
        join.finish(output).map_err(Error::Write)?;
        output.flush().map_err(Error::Write)
    }))
    .unwrap_or(Err(Error::Panicked))
}

/// Appends up to `size` bytes of `input` to `block`: fewer only at the end of the input.
pub(crate) fn read_block(
    input: &mut impl Read,
    mut block: Vec<u8>,
    size: usize,
) -> io::Result<Vec<u8>> {
    let mut end = block.len();
    block.resize(end + size, 0);
    while end < block.len() {
        match input.read(&mut block[end..]) {
            Ok(0) => break,
            Ok(count) => end += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    block.truncate(end);
    Ok(block)
}
