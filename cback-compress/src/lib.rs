//! Compress standard input with gzip or bzip2 on all cores, and unpack what those wrote.
//!
//! [`compress`] takes the seal off its input and hands the rest to a format, [`decompress`] tells
//! the format by the first bytes. A format splits, converts and joins blocks on as many threads as
//! wanted. The program is [`cli`], [`run`] and [`stdio`].

mod buffer;
mod bunzip2;
mod bz2;
mod bzip2;
pub mod cli;
mod codec;
mod deflate;
mod digest;
mod error;
mod file;
mod gunzip;
mod gzip;
mod pipeline;
mod progress;
mod repeats;
mod report;
pub mod run;
mod seal;
pub mod stdio;
mod tap;

pub use codec::{Mode, Options, compress, decompress};
pub use error::Error;
