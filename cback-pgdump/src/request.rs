//! A dump that is asked for.

use std::ffi::OsString;
use std::path::PathBuf;

/// The contents of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one database, whatever its name looks like.
    Database(OsString),
    /// Every database, roles and tablespaces, as `pg_dumpall` writes them.
    All,
    /// Roles and tablespaces alone, as `pg_dumpall --globals-only` writes them.
    Globals {
        /// The roles' passwords too, which not every role may read.
        passwords: bool,
    },
}

/// Contents of a dump, and how it is made. Host, port, password and TLS are libpq's business: its environment
/// variables and files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The dump's contents.
    pub target: Target,
    /// The role to connect as, even where a service file names another; `None` leaves it to libpq.
    pub user: Option<OsString>,
    /// The program for one database.
    pub pg_dump: PathBuf,
    /// The program for all of them.
    pub pg_dumpall: PathBuf,
    /// Further options for the program, as they are.
    pub arguments: Vec<OsString>,
    /// The word to write after a dump that is whole.
    pub seal: Option<String>,
}
