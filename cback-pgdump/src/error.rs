//! Why there is no whole dump, and what might help.

use std::ffi::OsString;
use std::io;
use std::process::ExitStatus;

/// Why there is no whole dump.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Longer than a database's name can be; a server before 17 would cut it and open another database.
    #[error("database {0:?}: a name has at most 63 bytes")]
    NameTooLong(OsString),
    /// The program was not found, or may not be run. The dump's subject and program, and the system's reason.
    #[error("{0}")]
    Start(String, #[source] io::Error),
    /// `--die-with` names a process that is not our parent, or no longer.
    #[error("--die-with: process {0} is not the parent of this one")]
    NotTheParent(i32),
    /// The child's output could not be read, or its end not be waited for.
    #[error("cannot follow the dump")]
    Read(#[source] io::Error),
    /// The dump or the seal could not be written.
    #[error("standard output")]
    Write(#[source] io::Error),
    /// The child failed, and has said why.
    #[error("{failed} failed ({status})")]
    Child {
        /// The dump's subject and program.
        failed: String,
        /// Never a success.
        status: ExitStatus,
        /// It refused a server newer than itself.
        is_version_mismatch: bool,
    },
    /// The child says that all is well, but its output breaks off.
    #[error("{failed} broke off: the dump does not end with \"{marker}\"")]
    Unfinished {
        /// The dump's subject and program.
        failed: String,
        /// The line that is missing.
        marker: &'static str,
        /// The user gave the program further options.
        has_options: bool,
    },
    /// The child writes more than can be held in memory. The dump's subject and program.
    #[error("{0}: its output takes more memory than there is, or than 256 MiB")]
    NoMemory(String),
    /// [`Stopper::stop`](crate::Stopper::stop) was called.
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// Advice for the user.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Start(_, source) if source.kind() == io::ErrorKind::NotFound => Some(
                "install PostgreSQL's client programs, or say where they are: \
                 --pg-dump, --pg-dumpall, or <override> in cback3's configuration",
            ),
            Self::Child {
                is_version_mismatch: true,
                ..
            } => Some(
                "the server is newer: name clients of its version with --pg-dump, --pg-dumpall, \
                 or <override> in cback3's configuration",
            ),
            Self::Unfinished {
                has_options: true, ..
            } => Some(
                "only plain text on standard output can be checked: \
                 leave out options such as --format and --file",
            ),
            _ => None,
        }
    }

    /// Standard output's reader has ended (EPIPE). It has said why, so nothing needs to be said here.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
