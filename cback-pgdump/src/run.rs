//! Does what the command line asks for.

use crate::check::{self, Contents, Fault, Key};
use crate::child::{Stopper, signals};
use crate::cli::Cli;
use crate::dump::dump_to_file;
use crate::error::Error;
use crate::globals::dump_globals;
use crate::list::list;
use crate::request::{Options, Target};
use crate::stdio;
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
use std::{env, io};

/// In the environment, since `ps` shows arguments: whoever writes the data must not know it.
const KEY: &str = "CBACK_FINGERPRINT_KEY";

/// Bytes of names; a million databases of the longest names have less.
const LONGEST_LIST: u64 = 64 << 20;

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
    let dying = signals::stop_and_die(&stopper, parent.is_some()).map_err(Error::Read)?;
    parent.map_or(Ok(()), signals::die_with)?;
    if cli.check {
        return check(&output, cli.plan.as_deref());
    }
    let file = cli.databases0_from.as_deref();
    let databases = file.map_or(Ok(Vec::new()), names)?;
    let (is_list, no_templates) = (cli.list, cli.no_templates);
    let options = options(cli);
    let outcome = match options.target {
        _ if is_list => list(&options, no_templates, &stopper, &mut &output),
        Target::Globals { .. } => dump_globals(&options, &databases, &stopper, &mut &output),
        _ => dump_to_file(&options, &stopper, &output),
    };
    if let Err(Error::Stopped) = outcome {
        // The thread that has stopped the dump is about to end this process by the signal.
        let _ = dying.join();
    }
    Ok(outcome?)
}

/// Says what went wrong, and what might help; nothing where standard output's reader has ended.
pub fn complain(error: &anyhow::Error) {
    let ours = error.downcast_ref::<Error>();
    if ours.is_some_and(Error::is_broken_pipe) {
        return;
    }
    let fault = error.downcast_ref::<Fault>();
    let hint = ours.and_then(Error::hint).or_else(|| fault?.hint());
    let hint = hint.map(|hint| format!("hint: {hint}"));
    stdio::say_lines([Some(format!("{error:#}")), hint].into_iter().flatten());
}

/// The command line's options, and where it says nothing, the environment's.
fn options(cli: Cli) -> Options {
    let is_named = |name: &OsString| !name.is_empty();
    let target = if cli.all || cli.list {
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

fn no_database() -> ! {
    let message = "no database: name one, set PGDATABASE, or say --all or --globals";
    Cli::command()
        .error(ErrorKind::MissingRequiredArgument, message)
        .exit()
}

/// Names that each end in NUL, so that a file that breaks off is noticed.
fn names(file: &Path) -> anyhow::Result<Vec<OsString>> {
    let mut text = Vec::new();
    let read = if file.as_os_str() == "-" {
        stdio::input().and_then(|input| input.take(LONGEST_LIST).read_to_end(&mut text))
    } else {
        File::open(file).and_then(|file| file.take(LONGEST_LIST).read_to_end(&mut text))
    };
    let file = file.display();
    let length = read.with_context(|| file.to_string())? as u64;
    ensure!(length < LONGEST_LIST, "{file}: more than 64 MiB of names");
    ensure!(length > 0, "{file}: no database's name");
    let is_whole = text.pop() == Some(0);
    ensure!(is_whole, "{file}: the last name does not end in NUL");
    let names = text.split(|&byte| byte == 0);
    // libpq would connect to the database that is called like the user.
    let is_named = names.clone().all(|name| !name.is_empty());
    ensure!(is_named, "{file}: a name is empty");
    Ok(names.map(|it| OsStr::from_bytes(it).to_owned()).collect())
}

fn check(output: &File, plan: Option<&Path>) -> anyhow::Result<()> {
    let key = Key::new(env::var_os(KEY).unwrap_or_default().as_bytes());
    let contents = check::check(stdio::input()?, key)?;
    if let Some(path) = plan {
        write_plan(path, &contents).with_context(|| path.display().to_string())?;
    }
    let mut output = BufWriter::new(output);
    let written = check::write_lines(&contents, &mut output);
    Ok(written
        .and_then(|()| output.flush())
        .map_err(Error::Write)?)
}

fn write_plan(path: &Path, contents: &Contents) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = BufWriter::new(options.open(path)?);
    check::write_plan(contents, &mut file)?;
    file.flush()
}
