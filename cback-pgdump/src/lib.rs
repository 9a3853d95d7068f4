//! Dump PostgreSQL to standard output and prove that the dump is whole.
//!
//! `pg_dump` and `pg_dumpall` can end early with status 0, and a pipeline cannot see the status of
//! its first stage. So [`dump`] believes two things together, the child's exit status and the
//! marker that the child writes last, and only then writes the seal, a word that the next stage
//! waits for.
//!
//! One file an idea: `command` says what the child is told, `copy` how the bytes pass, `ending` what
//! the end of a dump looks like, `group` how the child and its children are brought to an end,
//! `watchdog` how they are when we are killed, `parent` how we end with a script, `relay` what becomes of the child's messages; `check`
//! reads a dump that is there already.

pub mod check;
pub mod cli;
mod command;
mod copy;
mod ending;
mod error;
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
use std::io::Write;
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
/// The child's messages go to standard error as they come. When this returns, whether well or
/// badly, the child and its children are gone.
///
/// # Errors
///
/// Whatever keeps the dump from being whole and written, see [`Error`]; `output` then has what
/// came before, and no seal. The last thing that can fail is writing the seal and flushing.
pub fn dump(options: &Options, stopper: &Stopper, output: &mut impl Write) -> Result<(), Error> {
    run(options, stopper, output, None)
}

/// The same as [`dump`], at less cost: where the system can do it, the data does not pass through
/// this process.
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
        // What the child says of being stopped is nobody's concern.
        relay.mute();
        return Err(error);
    }
    let status = child.wait()?;
    let words = relay.finish();
    let failed = invocation.to_string();
    if !status.success() {
        return Err(Error::Child {
            failed,
            status,
            is_version_mismatch: words.version_mismatch,
            is_password_refusal: words.password_refusal,
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
    let seal = options.seal.as_deref().unwrap_or_default();
    output
        .write_all(seal.as_bytes())
        .and_then(|()| output.flush())
        .map_err(Error::Write)
}
