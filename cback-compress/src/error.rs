//! The failures of compressing and unpacking.

use std::io::{self, ErrorKind};

/// Why the output is not finished, or the input not whole.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input could not be read.
    #[error("the input")]
    Read(#[source] io::Error),
    /// The input ended without the seal.
    #[error("the input is incomplete, without its seal at the end: the output is left unfinished")]
    SealMissing,
    /// The input, to be unpacked, holds nothing.
    #[error("the input is empty: it ought to be gzip or bzip2 data")]
    Empty,
    /// The input, to be unpacked, is not what gzip or bzip2 wrote, or not all of it.
    #[error("the input, byte {byte}: {what}")]
    Damaged {
        /// Where, in bytes from the start of the input, the first being 0.
        byte: u64,
        /// In words.
        what: &'static str,
    },
    /// A block could not be packed or unpacked, for want of memory as a rule.
    #[error("converting a block failed")]
    Convert(#[source] io::Error),
    /// The output could not be written.
    #[error("the output")]
    Write(#[source] io::Error),
    /// No thread could be had.
    #[error("starting a thread failed")]
    Thread(#[source] io::Error),
    /// One of the threads panicked: a bug.
    #[error("a thread panicked: the output is left unfinished")]
    Panicked,
}

impl Error {
    /// The error that travelled inside an `io::Error`, or else what `otherwise` makes of it.
    pub(crate) fn from_io(error: io::Error, otherwise: fn(io::Error) -> Self) -> Self {
        if error.kind() == ErrorKind::OutOfMemory {
            return Self::Convert(error);
        }
        error.downcast().unwrap_or_else(otherwise)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
