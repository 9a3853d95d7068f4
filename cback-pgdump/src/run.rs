//! What the command line asks for.

use crate::cli::Cli;
use crate::{Error, Options, Stopper, Target, check, die_with, dump_to_file, signals, stdio};
use anyhow::Context;
use clap::CommandFactory;
use clap::error::ErrorKind;
use rustix::process::Pid;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
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
    match dump_to_file(&options(cli), &stopper, &output) {
        // The other thread is about to end us by the signal.
        Err(Error::Stopped) => loop {
            thread::park();
        },
        outcome => Ok(outcome?),
    }
}

/// The options, where the command line says nothing filled in from the environment.
fn options(cli: Cli) -> Options {
    let is_named = |name: &OsString| !name.is_empty();
    let target = if cli.all {
        Target::All
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

fn no_database() -> ! {
    let message = "no database: name one, set PGDATABASE, or say --all";
    Cli::command()
        .error(ErrorKind::MissingRequiredArgument, message)
        .exit()
}

fn check(mut output: &File, as_json: bool, plan: Option<&Path>) -> anyhow::Result<()> {
    let contents = check::check(io::stdin().lock())?;
    if let Some(path) = plan {
        write_plan(path, &check::plan(&contents)).with_context(|| path.display().to_string())?;
    }
    let report = if as_json {
        check::json(&contents)
    } else {
        check::lines(&contents)
    };
    Ok(output.write_all(&report).map_err(Error::Write)?)
}

fn write_plan(path: &Path, plan: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(plan)
}
