//! Is a dump whole, and what is in it?
//!
//! psql restores half a dump with status 0, so a dump is read to its end before psql sees it. It is
//! read as psql reads it: statements, in which quotes may hide anything, and after a COPY statement
//! rows up to a line `\.`. A function's body or a comment that looks like either is inside quotes.
//!
//! One file an idea: `input` numbers lines and remembers the ends, `statement` finds where a
//! statement ends, `token` takes it apart, `dump` follows the dump from statement to statement,
//! `rows` and `inserts` read data, `large_objects` theirs, `fingerprint` makes them comparable,
//! `needs` collects what a restore needs, `globals` a cluster's own part; `plan` and `report` write
//! down what was found.

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
pub use plan::plan;
pub use report::{json, lines};

use std::io::Read;

/// Reads a plain dump of `pg_dump` or `pg_dumpall` to its end.
///
/// Takes memory for the names of what is in it and for its longest statement, not for its rows.
///
/// # Errors
///
/// It is not whole, or nothing that can be told to be whole: see [`Fault`].
pub fn check(input: impl Read) -> Result<Contents, Fault> {
    dump::Dump::new(input).read()
}
