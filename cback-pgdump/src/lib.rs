//! Dump PostgreSQL to standard output and prove that the dump is whole.
//!
//! `pg_dump` and `pg_dumpall` can end early with status 0, and a pipeline cannot see the status of
//! its first stage. So [`dump`] believes two things together, the child's exit status and the
//! marker that the child writes last, and only then writes the seal, a word that the next stage
//! waits for.
//!
//! One file an idea: `command` says what the child is told, `ending` what the
//! end of a dump looks like, `group` how the child and its children are brought to an end,
//! `relay` what becomes of the child's messages.

pub mod cli;
mod command;
mod ending;
mod error;
mod group;
mod relay;
pub mod signals;
pub mod stdio;

pub use error::Error;
pub use group::Stopper;

use command::Invocation;
use ending::Ending;
use relay::Relay;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// What a dump holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one database, whatever its name looks like.
    Database(OsString),
    /// Every database, roles and tablespaces: what `pg_dumpall` writes.
    All,
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
    let has_service = std::env::var_os("PGSERVICE").is_some();
    let invocation = Invocation::new(options, has_service)?;
    let (child, stderr) = stopper.spawn(&invocation)?;
    let relay = Relay::start(stderr).map_err(Error::Read)?;
    let mut ending = Ending::default();
    if let Err(error) = copy(&child.stdout, output, &mut ending) {
        // What the child says of being stopped is nobody's concern.
        relay.mute();
        return Err(error);
    }
    let status = child.wait()?;
    let is_version_mismatch = relay.finish();
    if !status.success() {
        let failed = invocation.to_string();
        return Err(Error::Child {
            failed,
            status,
            is_version_mismatch,
        });
    }
    if !ending.is_whole(&options.target) {
        let marker = ending::marker(&options.target);
        return Err(Error::Unfinished {
            failed: invocation.to_string(),
            marker,
        });
    }
    let seal = options.seal.as_deref().unwrap_or_default();
    output
        .write_all(seal.as_bytes())
        .and_then(|()| output.flush())
        .map_err(Error::Write)
}

/// Copies all of `input`, showing it to `ending` as it goes by.
fn copy(mut input: impl Read, output: &mut impl Write, ending: &mut Ending) -> Result<(), Error> {
    let mut buffer = vec![0; group::PIPE];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                ending.pass(&buffer[..length]);
                output.write_all(&buffer[..length]).map_err(Error::Write)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Read(error)),
        }
    }
}
