//! The command line.

use std::ffi::OsString;
use std::io::Write;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Parser, value_parser};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::progress::Progress;
use crate::{Error, Mode, Options, compress, stdio};

/// Compress standard input to standard output, with gzip or bzip2, on all cores.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
#[command(
    override_usage = "cback-compress [-m MODE] [-1 ... -9] [-p N] [--seal WORD] [--fsync] [--progress] [--die-with PID]"
)]
pub struct Cli {
    /// Format of the output
    #[arg(short, long, value_enum, default_value_t)]
    mode: Mode,

    #[command(flatten)]
    level: Level,

    /// Threads that compress [default: as many as there are cores for this process]
    ///
    /// 1 to 1024. The output is the same whatever their number.
    #[arg(short = 'p', long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Finish the output only if the input ends with WORD, which is taken off
    ///
    /// `cback-pgdump --seal WORD` writes WORD after a dump that is complete. Where it is missing
    /// the output is left unfinished, so that `gzip -t` and `bzip2 -t` refuse it, and the exit
    /// status is 1.
    #[arg(long, value_name = "WORD", value_parser = OsStringValueParser::new().try_map(not_empty))]
    seal: Option<OsString>,

    /// Flush the output to the disk before exiting, if it is a file
    #[arg(long)]
    fsync: bool,

    /// Show bytes in and out, their ratio, the rate and the time, if standard error is a terminal
    #[arg(long)]
    progress: bool,

    /// For scripts: be killed when the parent process, whose number is PID, ends
    ///
    /// So nothing is left running where a script itself is killed. If PID is not the parent, or
    /// has ended already, nothing is done and the exit status is 1.
    #[arg(long, value_name = "PID", value_parser = value_parser!(i32).range(1..))]
    die_with: Option<i32>,
}

const EXAMPLES: &str = "Examples:
  # Compress a dump on all cores
  pg_dump shop | cback-compress > shop.sql.gz
  # Compress a file with bzip2, using one core only
  cback-compress --mode bzip2 --threads 1 < shop.sql > shop.sql.bz2";

fn not_empty(word: OsString) -> Result<OsString, &'static str> {
    if word.is_empty() {
        Err("a seal cannot be empty")
    } else {
        Ok(word)
    }
}

/// `-1` to `-9`; the last one given counts.
#[derive(Debug)]
struct Level(Option<u8>);

const LEVELS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

impl Args for Level {
    fn augment_args(command: Command) -> Command {
        LEVELS
            .iter()
            .zip('1'..)
            .fold(command, |command, (&level, letter)| {
                let help = match letter {
                    '1' => "Compress fastest",
                    '9' => "Compress best",
                    _ => "",
                };
                command.arg(
                    Arg::new(level)
                        .short(letter)
                        .help(help)
                        .hide(help.is_empty())
                        .action(ArgAction::SetTrue)
                        .overrides_with_all(LEVELS),
                )
            })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Level {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(
            (1..)
                .zip(LEVELS)
                .find(|(_, name)| matches.get_flag(name))
                .map(|(level, _)| level),
        ))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Does what the command line says.
pub fn run() -> Result<ExitCode, Error> {
    match Cli::try_parse() {
        Ok(cli) => filter(cli).map(|()| ExitCode::SUCCESS),
        Err(usage) if usage.use_stderr() => {
            complain(&one_line(&usage));
            complain("hint: see cback-compress --help");
            Ok(ExitCode::from(2))
        }
        Err(help) => show(&help.render().to_string())
            .map(|()| ExitCode::SUCCESS)
            .map_err(Error::Write),
    }
}

/// What clap has to say, as one line.
fn one_line(usage: &clap::Error) -> String {
    let text = usage.render().to_string();
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

/// Says `message` on standard error; nothing can be done if that is closed or full.
pub fn complain(message: &str) {
    // In one piece, since the pipeline's other programs write there too.
    let line = format!("cback-compress: {message}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn show(help: &str) -> std::io::Result<()> {
    stdio::output()?.write_all(help.as_bytes())
}

/// Asks the kernel to kill this process when its parent ends, which must be `parent`.
///
/// Asked first and compared then: a parent that ends in between is noticed either way.
fn die_with(parent: i32) -> Result<(), Error> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| Error::DieWith(parent, error.into()))?;
    if Pid::as_raw(getppid()) == parent {
        Ok(())
    } else {
        Err(Error::NotTheParent(parent))
    }
}

fn filter(cli: Cli) -> Result<(), Error> {
    if let Some(parent) = cli.die_with {
        die_with(parent)?;
    }
    let options = Options {
        mode: cli.mode,
        level: cli.level.0,
        threads: cli.threads.map(usize::from).and_then(NonZeroUsize::new),
        seal: cli.seal.unwrap_or_default().into_vec(),
    };
    let progress = Progress::new(cli.progress);
    let input = progress.count(stdio::input().map_err(Error::Read)?);
    let output = stdio::output().map_err(Error::Write)?;
    let result = compress(input, &mut progress.count(&output), &options);
    progress.finish();
    result?;
    if cli.fsync {
        stdio::sync(&output).map_err(Error::Write)?;
    }
    Ok(())
}
