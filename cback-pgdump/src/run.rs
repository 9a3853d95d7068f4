//! Does what the command line asks for.

use crate::check::{self, Contents, Fault, Key, Known, List};
use crate::child::{Stopper, signals};
use crate::cli::Cli;
use crate::dump::dump_to_file;
use crate::error::Error;
use crate::globals::dump_globals;
use crate::list::list;
use crate::request::{Options, Target};
use crate::{names, plan, script, stdio};
use anyhow::ensure;
use clap::CommandFactory;
use clap::error::ErrorKind;
use rustix::process::Pid;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

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
        return check(&cli, &output);
    } else if let Some(steps) = &cli.script {
        return script::run(steps, cli.one_transaction, stdio::input()?, &output);
    }
    let file = cli.databases0_from.as_deref();
    let databases = file.map_or(Ok(Vec::new()), databases)?;
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

/// Databases' names; libpq would connect by an empty one to that which is called like the user.
fn databases(file: &Path) -> anyhow::Result<Vec<OsString>> {
    let names = names::read(file, LONGEST_LIST)?;
    let file = file.display();
    ensure!(!names.is_empty(), "{file}: no database's name");
    ensure!(
        names.iter().all(|it| !it.is_empty()),
        "{file}: a name is empty"
    );
    Ok(names.into_iter().map(OsString::from_vec).collect())
}

/// Reads a dump, and prints what is in it, or facts about it, writes a plan, or compares.
fn check(cli: &Cli, output: &File) -> anyhow::Result<()> {
    let key = Key::new(env::var_os(KEY).unwrap_or_default().as_bytes());
    let one = || env::var_os("PGDATABASE").unwrap_or_default().into_vec();
    let one = cli.one.then(one);
    let read = |list| {
        Ok(check::check_all(
            stdio::input()?,
            key,
            one.as_deref(),
            list,
        )?)
    };
    if let Some(directory) = &cli.plan {
        return write_plan(cli, directory, read);
    }
    let mut printed = BufWriter::new(output);
    let written = if let Some(other) = &cli.expect {
        let made_up = names::read(&other.join(plan::LACKING_ROLES), LONGEST_LIST)?;
        let initdbs = names::read(&other.join(plan::INITDBS_ROLES), LONGEST_LIST)?;
        let known = Known::read(&other.join(plan::OBJECTS), made_up, initdbs, key)?;
        let same = check::compare(&mut read(List::Compared(known))?, other)?;
        writeln!(printed, "{same}")
    } else if cli.objects {
        let output = output.try_clone().map_err(Error::Write)?;
        read(List::Written(BufWriter::new(output)))?;
        Ok(())
    } else if cli.facts {
        plan::write_facts(&read(List::Unwanted)?, &mut printed)
    } else {
        check::write_lines(&read(List::Unwanted)?, &mut printed)
    };
    let written = written.and_then(|()| printed.flush());
    Ok(written.map_err(Error::Write)?)
}

fn write_plan(
    cli: &Cli,
    directory: &Path,
    read: impl FnOnce(List) -> anyhow::Result<Contents>,
) -> anyhow::Result<()> {
    let list = List::Written(plan::create(directory, plan::OBJECTS)?);
    let mut contents = read(list).inspect_err(|_| {
        // The list is of half a dump.
        let _ = fs::remove_file(directory.join(plan::OBJECTS));
    })?;
    contents.restrict(cli.restrict);
    let request = plan::Request {
        directory,
        existing_roles: cli.existing_roles.as_deref(),
        globals_for: cli.globals_for.as_deref(),
    };
    plan::write(&mut contents, &request)
}
