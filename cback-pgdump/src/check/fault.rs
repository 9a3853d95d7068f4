//! Why a dump is not whole.

use super::contents::Contents;
use super::token::{printable, shown};
use std::io;

/// Why a dump is not whole.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It could not be read.
    #[error("standard input")]
    Read(#[from] io::Error),
    /// The list of objects could not be written.
    #[error("the list of objects")]
    List(#[source] io::Error),
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
    /// The one database that was asked for, by this name, is not in it, but these are.
    #[error("there is no database {0} in this dump{1}")]
    NoDatabase(String, String),
    /// It holds what no pg_dump writes: in this line, from 1, at this place, damaged so.
    #[error("line {0}{1}: {2}")]
    Damaged(u64, String, String),
}

impl Fault {
    /// The one database is not there; told with the first of those that are.
    pub(crate) fn no_database(contents: &Contents) -> Self {
        let name = |name: &Vec<u8>| shown(&printable(name));
        let all = contents
            .sections
            .iter()
            .filter_map(|it| it.database.as_ref());
        let first = all.take(10).map(name).collect::<Vec<_>>().join(", ");
        let others = match contents.sections.len() {
            _ if first.is_empty() => ", which does not tell the name of any".to_owned(),
            count @ 11.. => format!("; it has {first} and {} more", count - 10),
            _ => format!("; it has {first}"),
        };
        Self::NoDatabase(contents.one.as_ref().map_or_else(String::new, name), others)
    }

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
