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
pub use fingerprint::Key;
pub use report::{write_lines, write_plan};
pub(crate) use statement::Statement;

use std::io::{self, Read};

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

/// Why a dump is not whole.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It could not be read.
    #[error("standard input")]
    Read(#[from] io::Error),
    /// The system gives no memory for the names in it.
    #[error("out of memory")]
    NoMemory,
    /// There is nothing in it.
    #[error("standard input is empty: no dump")]
    Empty,
    /// It is no plain dump, but compressed, or something else.
    #[error("standard input is {0}, not a plain dump of pg_dump or pg_dumpall")]
    Foreign(&'static str),
    /// Its end is missing: after this line, from 1, at this place (such as ", in the data of public.customer";
    /// empty where nothing can be said), this, which would come next, or is the marker of the end.
    #[error("the dump breaks off in line {0}{1}: {2} is missing")]
    BreaksOff(u64, String, String),
    /// There is more after its end: this line, from 1, and others.
    #[error("line {0}: something follows the end of the dump")]
    Follows(u64),
    /// It holds what no pg_dump writes: in this line, from 1, at this place, damaged so.
    #[error("line {0}{1}: {2}")]
    Damaged(u64, String, String),
}

impl Fault {
    /// Advice for the user.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Foreign("compressed") => {
                Some("unpack it first: cback-compress -d < FILE | cback-pgdump --check")
            }
            Self::Foreign("in pg_dump's custom format") => {
                Some("pg_restore -f - FILE | cback-pgdump --check")
            }
            _ => None,
        }
    }
}
