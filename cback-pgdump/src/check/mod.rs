//! Whether a dump is whole, and what is in it.
//!
//! psql restores half a dump with status 0, so a dump is checked to its end before it is restored. It
//! is read as psql reads it: statements, whose quoted texts may hold anything, and after a COPY
//! statement rows up to a line `\.`. What looks like either in a function's body or in a comment is
//! inside quotes.
//!
//! `input` counts lines and bytes, `statement` finds where a statement ends, `token` takes it apart,
//! `dump` goes from statement to statement, `rows`, `inserts` and `large_objects` read data,
//! `fingerprint` makes it comparable, `needs` collects what a restore needs, `globals` reads a cluster's
//! own part; `plan` and `report` write down what was found.

mod contents;
mod dump;
mod fault;
mod fingerprint;
mod globals;
mod input;
mod inserts;
mod large_objects;
mod names;
mod needs;
mod plan;
mod report;
mod rows;
mod statement;
mod token;

pub use contents::{Contents, Entry, Kind};
pub use fault::Fault;
pub use fingerprint::Key;
pub(crate) use globals::{Globals, created_role};
pub use plan::write_plan;
pub use report::{write_json, write_lines};
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
    dump::Dump::new(input, key).read()
}
