//! Whether a dump is whole, and what is in it.
//!
//! psql restores half a dump with status 0, so a dump is checked to its end before it is restored. It
//! is read as psql reads it: statements, whose quoted texts may hold anything, and after a COPY
//! statement rows up to a line `\.`. A line that looks like either in a function's body or in a comment is
//! inside quotes.
//!
//! `reader` goes from statement to statement: `input` gives it lines, `outline` knows those between
//! statements, `statement` finds where one ends, `token` takes it apart, and `statements` adds it to the
//! `contents`. Data are read by `rows`, `inserts` and `large_objects`, and made comparable by
//! `fingerprint`; `needs` and `cluster` collect what a restore needs, and `report` writes it down.

mod cluster;
mod contents;
mod fault;
mod fingerprint;
mod input;
mod inserts;
mod large_objects;
mod needs;
mod outline;
mod reader;
mod report;
mod rows;
mod statement;
mod statements;
mod token;

pub(crate) use cluster::{Cluster, created_role};
pub use contents::{Contents, Kind};
pub use fault::Fault;
pub use fingerprint::Key;
pub use report::{write_lines, write_plan};
pub(crate) use statement::Statement;

use std::io::Read;

/// Reads a plain dump of `pg_dump` or `pg_dumpall` to its end.
///
/// Takes memory for the names of what is in it and for a cluster's own statements, in all at most 200 MB.
///
/// # Errors
///
/// It is not whole, or no plain dump, or holds more names than that: see [`Fault`].
pub fn check(input: impl Read, key: Key) -> Result<Contents, Fault> {
    reader::Reader::new(input, key).read()
}
