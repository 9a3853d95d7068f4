//! What is to be dumped, and how.

use std::ffi::OsString;
use std::path::PathBuf;

/// What a dump holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one database, whatever its name looks like.
    Database(OsString),
    /// Every database, roles and tablespaces: what `pg_dumpall` writes.
    All,
    /// Roles and tablespaces alone: what `pg_dumpall --globals-only` writes.
    Globals {
        /// The roles' passwords too, which not every role may read.
        passwords: bool,
    },
}

/// What to dump, and how. Host, port, password and TLS are libpq's business: its environment
/// variables and files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the dump holds.
    pub target: Target,
    /// The role to connect as, even where a service file names another; `None` leaves it to libpq.
    pub user: Option<OsString>,
    /// The program for one database.
    pub pg_dump: PathBuf,
    /// The program for all of them.
    pub pg_dumpall: PathBuf,
    /// Further options for the program, as they are.
    pub arguments: Vec<OsString>,
    /// What to write after a dump that is whole.
    pub seal: Option<String>,
}
