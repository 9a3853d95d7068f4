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

use crate::pipeline::Format;
use block::Decoder;
use segments::Segments;
use streams::Streams;

/// bzip2, unpacked.
pub(crate) fn format() -> Format<Segments, Decoder, Streams> {
    Format {
        split: Segments::new(),
        converter: Decoder,
        join: Streams::new(),
    }
}
