//! Making a dump, and the requirements for it.
//!
//! `pg_dump` and `pg_dumpall` can end early with status 0, and a pipeline does not show the status of
//! its first stage. So the child has to exit with status 0, its output has to end with the marker that it
//! writes last, and only then the seal is written, a word that the next stage requires.

mod copy;
pub(crate) mod ending;
mod mappings;

use crate::child::{Invocation, Relay, Stopper};
use crate::error::Error;
use crate::request::{Options, Target};
use crate::stdio::say;
use copy::{Observed, Output, copy};
use ending::Form;
use mappings::Mappings;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

/// Bytes that are held: of the globals of 200,000 roles, or more names than a server has databases.
const MOST_HELD: usize = 256 << 20;

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
    let to = Output {
        writer: output,
        descriptor: None,
    };
    dump_to(options, stopper, to)?;
    write_seal(options, output)
}

/// The same as [`dump`] at a quarter of the CPU time: the kernel moves the data from pipe to file, where
/// the file's system can do that.
///
/// # Errors
///
/// As [`dump`].
pub fn dump_to_file(options: &Options, stopper: &Stopper, mut output: &File) -> Result<(), Error> {
    let descriptor = Some(output.as_fd());
    let writer = &mut output;
    dump_to(options, stopper, Output { writer, descriptor })?;
    write_seal(options, &mut output)
}

/// The dump without a seal, held in memory.
pub(crate) fn held(options: &Options, stopper: &Stopper) -> Result<Vec<u8>, Error> {
    let mut dump = Held::default();
    dump_to(options, stopper, dump.output())?;
    Ok(dump.0)
}

pub(crate) fn write_seal(options: &Options, output: &mut impl Write) -> Result<(), Error> {
    let seal = options.seal.as_deref().unwrap_or_default();
    let written = output.write_all(seal.as_bytes());
    written.and_then(|()| output.flush()).map_err(Error::Write)
}

fn dump_to(
    options: &Options,
    stopper: &Stopper,
    output: Output<'_, impl Write>,
) -> Result<(), Error> {
    let invocation = Invocation::new(options)?;
    let mut observed = Observed {
        mappings: mappings(options, stopper),
        ..Observed::default()
    };
    run(&invocation, stopper, output, &mut observed)?;
    let form = Form::from(&options.target);
    if !observed.ending.is_whole(form) {
        return Err(Error::Unfinished {
            failed: invocation.to_string(),
            marker: form.marker(),
            has_options: !options.arguments.is_empty(),
        });
    }
    if observed.mappings.has_bare {
        tell_of_mappings(options, stopper);
    }
    Ok(())
}

/// The table has options that the view does not show. Only who may read the table can know.
const HIDDEN: &str = "SELECT count(*) FROM pg_catalog.pg_user_mapping m \
    JOIN pg_catalog.pg_user_mappings v ON v.umid = m.oid \
    WHERE m.umoptions IS NOT NULL AND v.umoptions IS NULL";

const IS_SUPERUSER: &str =
    "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper";

/// Looking at all of a dump takes time, so a superuser is spared that.
fn mappings(options: &Options, stopper: &Stopper) -> Mappings {
    let is_superuser = || {
        let answer = query(options, stopper, "postgres".as_ref(), IS_SUPERUSER, true);
        answer.is_ok_and(|answer| !answer.is_empty())
    };
    match options.target {
        Target::Database(_) => Mappings::watch(false),
        Target::All if !is_superuser() => Mappings::watch(true),
        _ => Mappings::default(),
    }
}

/// Says what a dump that is whole, but has user mappings without options, may lack.
#[allow(clippy::unnecessary_debug_formatting)] // a message is one line
fn tell_of_mappings(options: &Options, stopper: &Stopper) {
    let mut of = "all databases".to_owned();
    let mut hidden = None;
    if let Target::Database(name) = &options.target {
        of = format!("database {name:?}");
        hidden = query(options, stopper, name, HIDDEN, true).ok();
    }
    let how_many = match hidden.as_deref() {
        Some(b"0\0") => return,
        Some(number) => {
            let number = String::from_utf8_lossy(number);
            let number = number.trim_end_matches('\0');
            format!("without the options of user mappings ({number})")
        }
        None => "without the options of user mappings, if they have any".to_owned(),
    };
    say(&format!("{of}: {how_many}, which this user may not see"));
    say("hint: set them again after a restore, or have a superuser make this dump");
}

/// Copies the child's output, which has to end with status 0.
fn run(
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
struct Held(Vec<u8>);

impl Held {
    fn output(&mut self) -> Output<'_, Self> {
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
