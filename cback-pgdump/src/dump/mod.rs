//! Making a dump, and what is required of it.
//!
//! `pg_dump` and `pg_dumpall` can end early with status 0, and a pipeline does not show the status of
//! its first stage. So the child has to exit with status 0, its output has to end with the marker that it
//! writes last, and only then the seal is written, a word that the next stage requires.

mod copy;
pub(crate) mod ending;
mod mappings;

use crate::child::Stopper;
use crate::child::invocation::Invocation;
use crate::child::relay::Relay;
use crate::error::Error;
use crate::request::Options;
use copy::{Observed, copy};
use ending::Form;
use mappings::Mappings;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};

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
    dump_to(options, stopper, output, None)
}

/// The same as [`dump`] at a quarter of the CPU time: the kernel moves the data from pipe to file, where
/// the file's system can do that.
///
/// # Errors
///
/// As [`dump`].
pub fn dump_to_file(options: &Options, stopper: &Stopper, output: &File) -> Result<(), Error> {
    dump_to(options, stopper, &mut &*output, Some(output.as_fd()))
}

fn dump_to(
    options: &Options,
    stopper: &Stopper,
    output: &mut impl Write,
    descriptor: Option<BorrowedFd<'_>>,
) -> Result<(), Error> {
    let invocation = Invocation::new(options, has_service())?;
    let mut observed = Observed {
        mappings: Mappings::watch(options, stopper),
        ..Observed::default()
    };
    run(
        &invocation,
        stopper,
        output,
        descriptor,
        &mut observed,
        false,
    )?;
    let form = Form::from(&options.target);
    if !observed.ending.is_whole(form) {
        return Err(Error::Unfinished {
            failed: invocation.to_string(),
            marker: form.marker(),
            has_options: !options.arguments.is_empty(),
        });
    }
    observed.mappings.tell(options, stopper);
    write_seal(options, output).map_err(Error::Write)
}

/// The dump, held in memory.
pub(crate) fn held(options: &Options, stopper: &Stopper) -> Result<Vec<u8>, Error> {
    let mut dump = Held::default();
    dump_to(options, stopper, &mut dump, None).map(|()| dump.0)
}

/// The answer of psql, beside pg_dump, to a query in `database`: records that each end in NUL. It says nothing
/// if `is_quiet`.
pub(crate) fn query(
    options: &Options,
    stopper: &Stopper,
    database: &OsStr,
    sql: &str,
    is_quiet: bool,
) -> Result<Vec<u8>, Error> {
    let invocation = Invocation::query(options, database, sql, has_service())?;
    let mut answer = Held::default();
    let mut observed = Observed::default();
    run(
        &invocation,
        stopper,
        &mut answer,
        None,
        &mut observed,
        is_quiet,
    )?;
    Ok(answer.0)
}

/// Output that is held, as much as can be.
#[derive(Default)]
struct Held(Vec<u8>);

/// Bytes that are held: of the globals of 200,000 roles, or more names than a server has databases.
const MOST_HELD: usize = 256 << 20;

impl Write for Held {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let is_full = self.0.len() + piece.len() > MOST_HELD;
        if is_full || self.0.try_reserve(piece.len()).is_err() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.0.extend(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn has_service() -> bool {
    std::env::var_os("PGSERVICE").is_some()
}

/// Runs the child to a good end, with its output copied.
fn run(
    invocation: &Invocation,
    stopper: &Stopper,
    output: &mut impl Write,
    descriptor: Option<BorrowedFd<'_>>,
    observed: &mut Observed,
    is_quiet: bool,
) -> Result<(), Error> {
    let (child, stderr) = stopper.spawn(invocation)?;
    let relay = Relay::start(stderr, is_quiet).map_err(Error::Read)?;
    if let Err(error) = copy(&child.stdout, output, descriptor, observed) {
        // It is ended now, and what it says of that would only hide the cause.
        relay.mute();
        return Err(match error {
            Error::Write(error) if error.kind() == io::ErrorKind::OutOfMemory => Error::NoMemory {
                failed: invocation.to_string(),
            },
            error => error,
        });
    }
    let status = child.wait()?;
    let messages = relay.finish();
    if status.success() {
        return Ok(());
    }
    Err(Error::Child {
        failed: invocation.to_string(),
        status,
        is_version_mismatch: messages.version_mismatch,
        is_password_refusal: messages.password_refusal,
    })
}

pub(crate) fn write_seal(options: &Options, output: &mut impl Write) -> io::Result<()> {
    let seal = options.seal.as_deref().unwrap_or_default();
    output.write_all(seal.as_bytes())?;
    output.flush()
}
