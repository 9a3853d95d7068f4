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
//! `fingerprint`; definitions by `objects` and `definition`. `needs` collects what a restore needs, `written` how the
//! dump was written, `cluster` a cluster's own statements, by their `subject`, and `database` those about databases.
//! `report` writes the contents down, and compares them with others, `known` their objects.

mod cluster;
mod contents;
mod database;
mod definition;
mod fault;
mod fingerprint;
mod input;
mod inserts;
mod known;
mod large_objects;
mod needs;
mod objects;
mod outline;
mod reader;
mod report;
mod rows;
mod sections;
mod statement;
mod statements;
mod subject;
mod token;
mod written;

pub(crate) use cluster::Cluster;
pub use contents::Contents;
pub(crate) use contents::Item;
pub(crate) use database::Part;
pub use fault::Fault;
pub use fingerprint::Key;
pub(crate) use input::Digested;
pub(crate) use known::Known;
pub(crate) use needs::Needs;
pub(crate) use objects::List;
pub(crate) use report::compare;
pub use report::write_lines;
pub use sections::Kind;
pub(crate) use sections::Section;
pub(crate) use statement::Statement;
pub(crate) use subject::{Subject, granted_by, location};
pub(crate) use token::{literal, quoted, tokens, tokens_with_places};

use std::io::Read;

/// Reads a plain dump of `pg_dump` or `pg_dumpall` to its end.
///
/// Takes memory for the names of what is in it and for a cluster's own statements, in all at most 200 MB.
///
/// # Errors
///
/// It is not whole, or no plain dump, or holds more names than that: see [`Fault`].
pub fn check(input: impl Read, key: Key) -> Result<Contents, Fault> {
    reader::Reader::new(input, Contents::new(key, None, List::Unwanted)).read()
}

/// [`check`], with the objects too, as far as a list is wanted of them, and, if `one` is named, with the contents of
/// this database alone, as a dump of its own would have them; with none if the dump does not have it.
///
/// # Errors
///
/// As [`check`], and if the list cannot be written.
pub(crate) fn check_all(
    input: impl Read,
    key: Key,
    one: Option<&[u8]>,
    objects: List,
) -> Result<Contents, Fault> {
    reader::Reader::new(input, Contents::new(key, one, objects)).read()
}
