//! bzip2 streams, one after the other, back to what was packed, on all threads.
//!
//! Where a block ends is known only once it is unpacked, but each begins with the same 48 bits. So
//! one thread splits the input wherever these stand (`magics`, `segments`), any number of threads
//! unpack what lies between them, small blocks several at a time, as streams for the bzip2 crate,
//! which checks the blocks' checksums (`block`), and one joins them (`streams`): it checks the
//! streams' own checksums, finds out where the 48 bits were not the beginning of a block
//! (`unfinished`), and sees to it that every bit of the input belongs to something.

#![allow(
    clippy::cast_possible_truncation,
    reason = "of what is read at a time, which is little"
)]

mod block;
mod fault;
mod magics;
mod segments;
mod streams;
mod unfinished;

use std::io::{Read, Write};
use std::num::NonZeroUsize;

use crate::error::Error;
use crate::pipeline;
use segments::Batches;
use streams::Streams;

/// The start with a little block, or with the only block; the end of the stream.
const FEW: usize = 2;

/// Unpacks `input`, which begins with a bzip2 stream, into `output`.
pub(crate) fn unpack(
    input: impl Read + Send + 'static,
    output: &mut impl Write,
    threads: Option<NonZeroUsize>,
) -> Result<(), Error> {
    let batches = Batches::new(input);
    pipeline::run(
        batches,
        FEW,
        block::convert,
        Streams::new(),
        output,
        threads,
    )
}
