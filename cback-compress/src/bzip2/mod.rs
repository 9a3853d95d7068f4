//! bzip2, block by block: byte for byte what `bzip2 -1` to `bzip2 -9` write.
//!
//! A bzip2 stream is a row of blocks, none of which needs another, joined without padding, at
//! whatever bit the one before ended. So one thread finds where blocks end ([`Blocks`]), any
//! number of them code blocks ([`Encoder`]), and one joins the bits in order ([`Stream`]).
//!
//! Inside a block each step has its file: run-length coding, which also decides where blocks end
//! (`runs`), the checksum (`crc`), sorting (`sort`), move-to-front (`mtf`), the choice of Huffman
//! tables (`tables`) and their codes (`huffman`), the layout (`block`), bits (`bits`), the stream
//! (`stream`).
//!
//! The format leaves many choices to the encoder. Every choice here is bzip2's own (1.0.3 and
//! since), so that comparing with bzip2's output shows whether this is right, whatever the input.

#![allow(
    clippy::cast_possible_truncation,
    reason = "a block has less than a million bytes, 258 different symbols, 6 tables"
)]

mod bits;
mod block;
mod blocks;
mod crc;
mod encoder;
mod front;
mod huffman;
mod mtf;
mod rotation;
mod runs;
mod sort;
mod stream;
mod tables;

use crate::pipeline::Format;
use blocks::Blocks;
use encoder::Encoder;
use stream::Stream;

/// bzip2 of level 1 to 9.
pub(crate) fn format(level: u8) -> Format<Blocks, Encoder, Stream> {
    Format {
        split: Blocks::new(level),
        converter: Encoder::new(),
        join: Stream::new(level),
    }
}
