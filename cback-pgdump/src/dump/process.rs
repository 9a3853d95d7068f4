//! Running a child to a good end, with its output copied or held.

use super::copy::{Observed, Output, copy};
use crate::child::{Invocation, Relay, Stopper};
use crate::error::Error;
use crate::request::Options;
use std::ffi::OsStr;
use std::io::{self, Write};

/// Bytes that are held: of the globals of 200,000 roles, or more names than a server has databases.
const MOST_HELD: usize = 256 << 20;

/// Copies the child's output, which has to end with status 0.
pub(crate) fn run(
    invocation: &Invocation,
    stopper: &Stopper,
    mut output: Output<'_, impl Write>,
    observed: &mut Observed,
) -> Result<(), Error> {
    let (child, stderr) = stopper.spawn(invocation)?;
    let relay = Relay::start(stderr, invocation.is_quiet).map_err(Error::Read)?;
    if let Err(error) = copy(&child.stdout, &mut output, observed) {
        // It is ended now, and what it says of that would only hide the cause.
        relay.mute();
        let is_memory = |error: &io::Error| error.kind() == io::ErrorKind::OutOfMemory;
        return Err(match error {
            Error::Write(error) if is_memory(&error) => Error::NoMemory(invocation.to_string()),
            error => error,
        });
    }
    let status = child.wait()?;
    let is_version_mismatch = relay.finish();
    if status.success() {
        return Ok(());
    }
    Err(Error::Child {
        failed: invocation.to_string(),
        status,
        is_version_mismatch,
    })
}

/// psql's answer to a query in `database`: values that each end in NUL. It says nothing if `is_quiet`.
pub(crate) fn query(
    options: &Options,
    stopper: &Stopper,
    database: &OsStr,
    sql: &str,
    is_quiet: bool,
) -> Result<Vec<u8>, Error> {
    let mut invocation = Invocation::query(options, database, sql)?;
    invocation.is_quiet = is_quiet;
    let mut answer = Held::default();
    let mut observed = Observed::default();
    run(&invocation, stopper, answer.output(), &mut observed)?;
    Ok(answer.0)
}

/// Output that is held, as much as can be.
#[derive(Default)]
pub(crate) struct Held(pub(crate) Vec<u8>);

impl Held {
    pub(crate) fn output(&mut self) -> Output<'_, Self> {
        Output {
            writer: self,
            descriptor: None,
        }
    }
}

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
