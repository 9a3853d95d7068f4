//! Compress standard input with gzip or bzip2 on all cores.
//!
//! Bytes flow through four small parts, each in its own file: the seal (`seal`) lets through what
//! stands before it; a format (`copy`, `gzip`, `bzip2`) cuts, encodes and joins blocks; the
//! pipeline (`pipeline`) runs those three on as many threads as wanted; and `stdio` is the
//! process's own input and output.

pub mod bzip2;
mod bzip2_parts;
pub mod cli;
mod copy;
mod gzip;
pub mod pipeline;
mod progress;
mod repeats;
mod seal;
mod stdio;

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

use seal::{SealMissing, Unsealed};

/// What the output is to be.
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
    /// What the input must end with, and the output must not; empty for nothing.
    pub seal: Vec<u8>,
}

/// Why there is no finished output.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input could not be read.
    #[error("standard input: {0}")]
    Read(#[source] io::Error),
    /// The input ended without the seal.
    #[error("standard input ended without its seal: the output is left unfinished")]
    SealMissing,
    /// A block could not be encoded.
    #[error("compressing failed: {0}")]
    Encode(#[source] io::Error),
    /// The output could not be written.
    #[error("standard output: {0}")]
    Write(#[source] io::Error),
    /// The kernel would not kill this process when the parent ends.
    #[error("--die-with {0}: {1}")]
    DieWith(i32, #[source] io::Error),
    /// The process named by `--die-with` is not the parent, or has ended.
    #[error("--die-with {0}: the parent process is not {0}, or has ended")]
    NotTheParent(i32),
    /// No thread could be had.
    #[error("starting a thread failed: {0}")]
    Thread(#[source] io::Error),
    /// One of the threads panicked: a bug.
    #[error("a thread panicked: the output is left unfinished")]
    Panicked,
}

impl Error {
    /// Whether the output's reader has gone away.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Error::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    fn reading(error: io::Error) -> Self {
        match error.downcast::<SealMissing>() {
            Ok(SealMissing) => Error::SealMissing,
            Err(error) => Error::Read(error),
        }
    }
}

/// Compresses `input` into `output`.
///
/// The stream is finished only if this returns `Ok`; after any failure no decoder takes what was
/// written for a whole one (with [`Mode::None`] there is nothing to tell by).
pub fn compress(
    input: impl Read + Send + 'static,
    output: &mut impl Write,
    options: &Options,
) -> Result<(), Error> {
    let input = Unsealed::new(input, options.seal.clone());
    let threads = options.threads;
    let level = |usual: u8| options.level.unwrap_or(usual).clamp(1, 9);
    match options.mode {
        Mode::None => pipeline::run(copy::format(), input, output, Some(NonZeroUsize::MIN)),
        Mode::Gzip => pipeline::run(gzip::format(level(6)), input, output, threads),
        Mode::Bzip2 => pipeline::run(bzip2_parts::format(level(9)), input, output, threads),
    }
}
