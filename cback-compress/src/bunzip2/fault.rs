//! The faults of bzip2 streams, and where they are.

use std::io;

use crate::error::Error;

pub(super) const BAD_HEADER: &str = "the header of the bzip2 stream is damaged";
pub(super) const CUT_OFF: &str = "the input ends here, in the middle of a bzip2 stream";
pub(super) const FOLLOWED: &str = "the bzip2 data ends here, and something else follows";

/// A fault at this byte of the input.
pub(super) fn at(byte: u64, what: &'static str) -> io::Error {
    Error::Damaged { byte, what }.into()
}

/// A fault in the block that begins at this bit of the input.
pub(super) fn in_block(bit: u64) -> io::Error {
    at(
        bit / 8,
        "the bzip2 block that begins here is damaged or cut off",
    )
}
