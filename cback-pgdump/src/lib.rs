//! Dump PostgreSQL to standard output and prove that the dump is whole.
//!
//! `pg_dump` and `pg_dumpall` can end early with status 0, and a pipeline does not show the status of
//! its first stage. So [`dump`] requires both that the child exits with status 0 and that its output
//! ends with the marker that it writes last, and only then writes the seal, a word that the next
//! stage requires.
//!
//! `command` chooses the child's arguments and environment, `copy` copies its output, `ending` knows
//! the end of a whole dump, `group` ends the child and its children, `watchdog` does so when this
//! process gets SIGKILL, `parent` ends it with the script that runs it, `relay` passes the child's
//! messages on; `check` reads a dump that was made before.

pub mod check;
pub mod cli;
mod command;
mod copy;
mod ending;
mod error;
pub mod globals;
mod group;
mod parent;
mod relay;
pub mod run;
pub mod signals;
pub mod stdio;
mod watchdog;

pub use error::Error;
pub use group::Stopper;
pub use parent::die_with;

use command::Invocation;
use copy::copy;
use ending::{Ending, Form};
use relay::Relay;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
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
        /// The roles' passwords too, which only a superuser may read.
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

/// Writes the dump to `output`, then the seal, if one is asked for.
///
/// The child's messages go to standard error as they come. When this returns, the child and its
/// children have ended.
///
/// # Errors
///
/// The dump is not whole, or could not be written: see [`Error`]. `output` then has what came before, and
/// no seal, unless only flushing it failed.
pub fn dump(options: &Options, stopper: &Stopper, output: &mut impl Write) -> Result<(), Error> {
    run(options, stopper, output, None)
}

/// The same as [`dump`] at a quarter of the CPU time: the kernel moves the data from pipe to file, where
/// the file's system can do that.
///
/// # Errors
///
/// As [`dump`].
pub fn dump_to_file(options: &Options, stopper: &Stopper, output: &File) -> Result<(), Error> {
    run(options, stopper, &mut &*output, Some(output.as_fd()))
}

fn run(
    options: &Options,
    stopper: &Stopper,
    output: &mut impl Write,
    descriptor: Option<BorrowedFd<'_>>,
) -> Result<(), Error> {
    let has_service = std::env::var_os("PGSERVICE").is_some();
    let invocation = Invocation::new(options, has_service)?;
    let (child, stderr) = stopper.spawn(&invocation)?;
    let relay = Relay::start(stderr).map_err(Error::Read)?;
    let mut ending = Ending::default();
    if let Err(error) = copy(&child.stdout, output, descriptor, &mut ending) {
        // It is ended now, and what it says of that would only hide the cause.
        relay.mute();
        return Err(error);
    }
    let status = child.wait()?;
    let messages = relay.finish();
    let failed = invocation.to_string();
    if !status.success() {
        return Err(Error::Child {
            failed,
            status,
            is_version_mismatch: messages.version_mismatch,
            is_password_refusal: messages.password_refusal,
        });
    }
    let form = Form::from(&options.target);
    if !ending.is_whole(form) {
        return Err(Error::Unfinished {
            failed,
            marker: form.marker(),
            has_options: !options.arguments.is_empty(),
        });
    }
    write_seal(options, output).map_err(Error::Write)
}

fn write_seal(options: &Options, output: &mut impl Write) -> io::Result<()> {
    let seal = options.seal.as_deref().unwrap_or_default();
    output.write_all(seal.as_bytes())?;
    output.flush()
}
