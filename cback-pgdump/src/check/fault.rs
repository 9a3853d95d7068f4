//! Why a dump is not whole.

use std::io;

/// Why a dump is not whole.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It could not be read.
    #[error("standard input")]
    Read(#[source] io::Error),
    /// The system gives no memory for the names in it.
    #[error("out of memory")]
    NoMemory,
    /// There is nothing in it.
    #[error("standard input is empty: no dump")]
    Empty,
    /// It is no plain dump, but compressed, or something else.
    #[error("standard input is {0}, not a plain dump of pg_dump or pg_dumpall")]
    Foreign(&'static str),
    /// Its end is missing.
    #[error("the dump breaks off in line {line}{place}: {missing} is missing")]
    BreaksOff {
        /// The last line that is there, from 1.
        line: u64,
        /// Such as ", in the data of public.customer"; empty where nothing can be said.
        place: String,
        /// The line that would come next, or the marker of the end.
        missing: String,
    },
    /// There is more after its end.
    #[error("line {line}: something follows the end of the dump")]
    Follows {
        /// The first line that does not belong there, from 1.
        line: u64,
    },
    /// It holds what no pg_dump writes.
    #[error("line {line}{place}: {what}")]
    Damaged {
        /// The line, from 1.
        line: u64,
        /// Such as ", in the data of public.customer"; empty where nothing can be said.
        place: String,
        /// What is wrong.
        what: String,
    },
}

impl Fault {
    /// What the user can do about it.
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
