//! What the command line asks for.

use crate::cli::Cli;
use crate::{Error, Options, Stopper, Target};
use crate::{check, die_with, dump, dump_to_file, signals, stdio};
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

const NO_PASSWORDS: &str = "globals: without the roles' passwords, which this user may not read
cback-pgdump: hint: set them again after a restore, or have a superuser make this dump";

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
    let options = options(cli);
    let outcome = match options.target {
        Target::Globals { .. } => dump_globals(options, &stopper, &output),
        _ => dump_to_file(&options, &stopper, &output),
    };
    match outcome {
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

/// They are small, so they are kept until it is known whether with passwords or without.
fn dump_globals(mut options: Options, stopper: &Stopper, mut output: &File) -> Result<(), Error> {
    let mut globals = Vec::new();
    match dump(&options, stopper, &mut globals) {
        Err(Error::Child {
            is_password_refusal: true,
            ..
        }) => {
            globals.clear();
            options.target = Target::Globals { passwords: false };
            dump(&options, stopper, &mut globals)?;
            stdio::warn(NO_PASSWORDS);
        }
        outcome => outcome?,
    }
    output.write_all(&globals).map_err(Error::Write)
}

fn no_database() -> ! {
    let message = "no database: name one, set PGDATABASE, or say --all or --globals";
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
