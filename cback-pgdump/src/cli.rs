//! The command line.

use crate::Error::{Read, Stopped, Write};
use crate::stdio::complain;
use crate::{Options, Stopper, Target, die_with, dump_to_file, signals, stdio};
use clap::builder::NonEmptyStringValueParser;
use clap::error::{Error, ErrorKind};
use clap::{CommandFactory, Parser, value_parser};
use rustix::process::Pid;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

/// Dump a PostgreSQL database to standard output and prove that the dump is whole
///
/// Runs pg_dump (or pg_dumpall), passes its output on unaltered, and exits 0 only if it succeeded
/// and the dump ends as a whole dump does. Host, port, password and TLS come from libpq's own
/// environment variables and files; nothing asks for a password.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
#[command(
    override_usage = "cback-pgdump [OPTIONS] [DATABASE] [-- PG_DUMP_OPTION ...]
       cback-pgdump [OPTIONS] --all [-- PG_DUMPALL_OPTION ...]"
)]
pub struct Cli {
    /// Dump this database [default: $PGDATABASE]
    ///
    /// Any name that PostgreSQL can hold. One that begins with `-` has to come by PGDATABASE. Other
    /// users see a name given here in ps, and not one in PGDATABASE (unless PGSERVICE is set,
    /// which would override it: then pg_dump has to be told by its arguments).
    #[arg(conflicts_with = "all")]
    database: Option<OsString>,

    /// Dump all databases, roles and tablespaces, with pg_dumpall
    #[arg(long)]
    all: bool,

    /// Connect as this role [default: $PGUSER, else libpq's choice]
    #[arg(short = 'U', long)]
    user: Option<OsString>,

    /// Dump one database with this program
    #[arg(long, value_name = "PATH", default_value = "pg_dump")]
    pg_dump: PathBuf,

    /// Dump all databases with this program
    #[arg(long, value_name = "PATH", default_value = "pg_dumpall")]
    pg_dumpall: PathBuf,

    /// Write WORD after the last byte of a dump that is whole
    ///
    /// `cback-compress --seal WORD` takes it off, and finishes its output only if it was there. Use
    /// a random WORD for each dump, so that no data can pass for it.
    #[arg(long, value_name = "WORD", value_parser = NonEmptyStringValueParser::new())]
    seal: Option<String>,

    /// End when this process does, which has to be the parent; for scripts
    ///
    /// The kernel then sends SIGTERM, even where the script died of SIGKILL, and pg_dump is ended as
    /// on any SIGTERM. In sh, `cback-pgdump --die-with $$` run by the script itself, not by a
    /// subshell of it. If the process is not the parent, nothing is started and the status is 1.
    #[arg(long, value_name = "PID", value_parser = value_parser!(i32).range(1..))]
    pub die_with: Option<i32>,

    /// Options for pg_dump or pg_dumpall, such as --schema-only
    #[arg(last = true, value_name = "PG_DUMP_OPTION")]
    arguments: Vec<OsString>,
}

const EXAMPLES: &str = "Examples:
  # Dump one database, compressed
  cback-pgdump shop | cback-compress > shop.sql.gz
  # Only its definitions
  cback-pgdump shop -- --schema-only
  # A file that is finished only if the dump in it is whole
  seal=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')
  cback-pgdump --seal $seal shop | cback-compress --seal $seal > shop.sql.gz";

impl Cli {
    /// The options, where the command line says nothing filled in from the environment.
    ///
    /// # Errors
    ///
    /// Neither says which database, or an empty name.
    pub fn options(self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Options, Error> {
        let target = if self.all {
            Target::All
        } else {
            let database = self.database.or_else(|| variable("PGDATABASE"));
            Target::Database(
                database
                    .filter(|name| !name.is_empty())
                    .ok_or_else(no_database)?,
            )
        };
        let user = self
            .user
            .filter(|user| !user.is_empty())
            .or_else(|| variable("PGUSER"));
        Ok(Options {
            target,
            user: user.filter(|user| !user.is_empty()),
            pg_dump: self.pg_dump,
            pg_dumpall: self.pg_dumpall,
            arguments: self.arguments,
            seal: self.seal,
        })
    }
}

fn no_database() -> Error {
    let message = "no database: name one, set PGDATABASE, or say --all";
    Cli::command().error(ErrorKind::MissingRequiredArgument, message)
}

/// Does what the command line says; wrong usage is told here.
///
/// # Errors
///
/// There is no whole dump, or the help could not be written.
pub fn run() -> Result<ExitCode, crate::Error> {
    let parsed = Cli::try_parse().and_then(|cli| {
        let parent = cli.die_with.and_then(Pid::from_raw);
        Ok((parent, cli.options(|name| std::env::var_os(name))?))
    });
    match parsed {
        Ok((parent, options)) => run_dump(&options, parent).map(|()| ExitCode::SUCCESS),
        Err(usage) if usage.use_stderr() => {
            complain(&one_line(&usage));
            complain("hint: see cback-pgdump --help");
            Ok(ExitCode::from(2))
        }
        Err(help) => show(&help.render().to_string()).map(|()| ExitCode::SUCCESS),
    }
}

fn run_dump(options: &Options, parent: Option<Pid>) -> Result<(), crate::Error> {
    let output = stdio::output().map_err(Write)?;
    let stopper = Stopper::default();
    signals::stop_and_die(&stopper, parent.is_some()).map_err(Read)?;
    parent.map_or(Ok(()), die_with)?;
    match dump_to_file(options, &stopper, &output) {
        // The other thread is about to end us by the signal.
        Err(Stopped) => loop {
            thread::park();
        },
        outcome => outcome,
    }
}

fn show(help: &str) -> Result<(), crate::Error> {
    stdio::output()
        .and_then(|mut output| output.write_all(help.as_bytes()))
        .map_err(Write)
}

/// What clap has to say, as one line.
fn one_line(usage: &Error) -> String {
    let text = usage.render().to_string();
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}
