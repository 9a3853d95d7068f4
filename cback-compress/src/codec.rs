//! Compressing and unpacking, of whatever format.

use std::io::{Cursor, Read, Write};
use std::num::NonZeroUsize;

use crate::error::Error;
use crate::pipeline::read_block;
use crate::seal::Unsealed;
use crate::{bunzip2, bzip2, gunzip, gzip, pipeline};

/// The format of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// The input as it is
    None,
    /// One gzip member
    #[default]
    Gzip,
    /// One bzip2 stream
    Bzip2,
}

/// How to compress.
#[derive(Clone, Debug)]
pub struct Options {
    /// The format of the output.
    pub mode: Mode,
    /// 1 (fast) to 9 (small); none for 6 with gzip, 9 with bzip2.
    pub level: Option<u8>,
    /// How many threads may encode at once; none for as many as there are cores.
    pub threads: Option<NonZeroUsize>,
    /// The word that the input must end with, which is not written; empty for none.
    pub seal: Vec<u8>,
}

/// Compresses `input` into `output`.
///
/// The stream is finished only if this returns `Ok`; after any failure no decoder takes what was
/// written for a whole one (with [`Mode::None`] there is nothing to tell by).
///
/// # Errors
/// All but [`Error::Empty`] and [`Error::Damaged`].
pub fn compress(
    input: impl Read + Send + 'static,
    output: &mut impl Write,
    options: &Options,
) -> Result<(), Error> {
    let mut input = Unsealed::new(input, options.seal.clone());
    let threads = options.threads;
    let level = |usual: u8| options.level.unwrap_or(usual).clamp(1, 9);
    match options.mode {
        Mode::None => pipeline::copy(&mut input, output),
        Mode::Gzip => gzip::pack(input, output, level(6), threads),
        Mode::Bzip2 => bzip2::pack(input, output, level(9), threads),
    }
}

/// Unpacks `input`, one or more gzip members or one or more bzip2 streams, into `output`.
///
/// Returns `Ok` only if the input is whole, from its first byte to its last, and all its checksums
/// hold. What was written before an error was found stays written.
///
/// # Errors
/// All but [`Error::SealMissing`].
pub fn decompress(
    mut input: impl Read + Send + 'static,
    output: &mut impl Write,
    threads: Option<NonZeroUsize>,
) -> Result<(), Error> {
    let start = read_block(&mut input, 4).map_err(Error::Read)?;
    let input = Cursor::new(start.clone()).chain(input);
    match start[..] {
        [] => Err(Error::Empty),
        [0x1f, 0x8b, ..] => gunzip::unpack(input, output),
        [b'B', b'Z', b'h', ..] => bunzip2::unpack(input, output, threads),
        _ => Err(Error::Damaged {
            byte: 0,
            what: "neither gzip nor bzip2 data begins here",
        }),
    }
}
