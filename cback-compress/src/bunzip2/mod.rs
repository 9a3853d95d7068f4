//! bzip2 streams, one after the other, back to what was packed, on all threads.
//!
//! Where a block ends is known only once it is unpacked, but each begins with the same 48 bits. So
//! one thread splits the input wherever these stand (`magics`, `segments`), any number of threads
//! unpack what lies between them, each block made a stream of its own for the bzip2 crate, which
//! checks the block's checksum (`block`), and one joins them (`streams`): it checks the streams'
//! own checksums, finds out where the 48 bits were not the beginning of a block, and sees to it
//! that every bit of the input belongs to something.

#![allow(
    clippy::cast_possible_truncation,
    reason = "of what is read at a time, which is little"
)]

mod block;
mod magics;
mod segments;
mod streams;

use std::io;

use crate::Error;
use crate::pipeline::Format;
use block::Decoder;
use segments::Segments;
use streams::Streams;

/// bzip2, unpacked.
pub(crate) fn format() -> Format<Segments, fn() -> Decoder, Streams> {
    Format {
        split: Segments::new(),
        converter: || Decoder,
        join: Streams::new(),
    }
}

fn error(byte: u64, what: &'static str) -> io::Error {
    Error::Damaged { byte, what }.into()
}

/// Of the block that begins in this byte.
fn damaged(byte: u64) -> io::Error {
    error(
        byte,
        "the bzip2 block that begins here is damaged or cut off",
    )
}
