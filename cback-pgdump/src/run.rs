//! What the command line asks for.

use crate::check::{self, Contents, Key};
use crate::cli::Cli;
use crate::globals::globals;
use crate::{Error, Options, Stopper, Target};
use crate::{die_with, dump_to_file, signals, stdio};
use anyhow::{Context, ensure};
use clap::CommandFactory;
use clap::error::ErrorKind;
use rustix::process::Pid;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::{env, io, thread};

/// Does what the command line says. Where it names no database, and the environment neither, the
/// process ends with status 2.
///
/// # Errors
///
/// There is no whole dump.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let output = stdio::output().map_err(Error::Write)?;
    let stopper = Stopper::default();
    let parent = cli.die_with.and_then(Pid::from_raw);
    signals::stop_and_die(&stopper, parent.is_some()).map_err(Error::Read)?;
    parent.map_or(Ok(()), die_with)?;
    if cli.check {
        return check(&output, cli.json, cli.plan.as_deref());
    }
    let databases = cli
        .databases0_from
        .as_deref()
        .map_or(Ok(Vec::new()), names)?;
    let options = options(cli);
    let outcome = match options.target {
        Target::Globals { .. } => dump_globals(&options, &databases, &stopper, &output),
        _ => dump_to_file(&options, &stopper, &output),
    };
    match outcome {
        // The thread that has stopped it is about to end this process by the signal.
        Err(Error::Stopped) => loop {
            thread::park();
        },
        outcome => Ok(outcome?),
    }
}

/// What the command line says, and where it says nothing, the environment.
fn options(cli: Cli) -> Options {
    let is_named = |name: &OsString| !name.is_empty();
    let target = if cli.all {
        Target::All
    } else if cli.globals {
        Target::Globals { passwords: true }
    } else {
        let database = cli.database.or_else(|| env::var_os("PGDATABASE"));
        Target::Database(database.filter(is_named).unwrap_or_else(|| no_database()))
    };
    let user = cli.user.filter(is_named).or_else(|| env::var_os("PGUSER"));
    Options {
        target,
        user: user.filter(is_named),
        pg_dump: cli.pg_dump,
        pg_dumpall: cli.pg_dumpall,
        arguments: cli.arguments,
        seal: cli.seal,
    }
}

/// Nothing is written before all is known to be whole.
fn dump_globals(
    options: &Options,
    databases: &[OsString],
    stopper: &Stopper,
    mut output: &File,
) -> Result<(), Error> {
    let mut text = globals(options, databases, stopper)?;
    text.extend(options.seal.iter().flat_map(|seal| seal.bytes()));
    output.write_all(&text).map_err(Error::Write)
}

/// Bytes of names; a million databases of the longest names have less.
const LONGEST_LIST: u64 = 64 << 20;

/// Names that each end in NUL, so that a file that breaks off is noticed.
fn names(file: &Path) -> anyhow::Result<Vec<OsString>> {
    let mut text = Vec::new();
    let read = if file.as_os_str() == "-" {
        stdio::input().and_then(|input| input.take(LONGEST_LIST).read_to_end(&mut text))
    } else {
        File::open(file).and_then(|file| file.take(LONGEST_LIST).read_to_end(&mut text))
    };
    let file = file.display();
    let length = read.with_context(|| file.to_string())?;
    ensure!(
        (length as u64) < LONGEST_LIST,
        "{file}: more than 64 MiB of names"
    );
    ensure!(!text.is_empty(), "{file}: no database's name");
    ensure!(
        text.ends_with(b"\0"),
        "{file}: the last name does not end in NUL"
    );
    text.pop();
    // libpq would connect to the database that is called like the user.
    let names = text.split(|&byte| byte == 0);
    ensure!(
        names.clone().all(|name| !name.is_empty()),
        "{file}: a name is empty"
    );
    Ok(names
        .map(|name| OsStr::from_bytes(name).to_owned())
        .collect())
}

fn no_database() -> ! {
    let message = "no database: name one, set PGDATABASE, or say --all or --globals";
    Cli::command()
        .error(ErrorKind::MissingRequiredArgument, message)
        .exit()
}

/// In the environment, since `ps` shows arguments: whoever writes the data must not know it.
const KEY: &str = "CBACK_FINGERPRINT_KEY";

fn check(output: &File, as_json: bool, plan: Option<&Path>) -> anyhow::Result<()> {
    let key = Key::new(env::var_os(KEY).unwrap_or_default().as_bytes());
    let contents = check::check(stdio::input()?, key)?;
    if let Some(path) = plan {
        write_plan(path, &contents).with_context(|| path.display().to_string())?;
    }
    let mut output = BufWriter::new(output);
    let written = if as_json {
        check::write_json(&contents, &mut output)
    } else {
        check::write_lines(&contents, &mut output)
    };
    Ok(written
        .and_then(|()| output.flush())
        .map_err(Error::Write)?)
}

fn write_plan(path: &Path, contents: &Contents) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    let mut file = BufWriter::new(file);
    check::write_plan(contents, &mut file)?;
    file.flush()
}
