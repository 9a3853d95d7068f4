//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Parser, value_parser};

use crate::codec::Mode;

/// Compress standard input to standard output, with gzip or bzip2, on all cores; or unpack it.
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, override_usage = USAGE)]
pub struct Cli {
    /// Unpack what gzip or bzip2, or a program like them, has written
    ///
    /// The first bytes tell which of the two it is; several gzip members or bzip2 streams one
    /// after the other are unpacked as one. Whatever is cut off, altered or appended, if only
    /// zeros, makes the exit status 1, and so does an empty input. What was written until then
    /// cannot be taken back: use the status.
    #[arg(short, long, conflicts_with_all = PACKING)]
    pub(crate) decompress: bool,

    /// Check that the input can be unpacked, writing nothing
    #[arg(short, long, conflicts_with = "decompress", conflicts_with_all = PACKING)]
    pub(crate) test: bool,

    /// Format of the output
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) mode: Mode,

    #[command(flatten)]
    pub(crate) level: Level,

    /// Threads that work [default: as many as there are cores for this process, at most 8]
    ///
    /// 1 to 1024. The output is the same whatever their number. A thread takes up to 14 MB with
    /// bzip2, 8 MB with gzip. gzip is unpacked by one thread.
    #[arg(short = 'p', long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// Finish the output only if the input ends with WORD, which is taken off
    ///
    /// `cback-pgdump --seal WORD` writes WORD after a dump that is complete. Where it is missing
    /// the output is left unfinished, so that `gzip -t` and `bzip2 -t` refuse it, and the exit
    /// status is 1.
    #[arg(long, value_name = "WORD", value_parser = OsStringValueParser::new().try_map(not_empty))]
    pub(crate) seal: Option<OsString>,

    /// Flush the output to the disk before exiting, if it is a file
    #[arg(long)]
    pub(crate) fsync: bool,

    /// Read FILE, which has to be a regular file and no link, and leave its access time as it was
    ///
    /// Only its owner and root can ask the kernel for the latter; for others the file is read as
    /// any other.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,

    /// Write FILE, which appears only once it is whole and on the disk, with mode 0600
    ///
    /// Until then the file has no name, so that nothing is left of it whatever happens, and a file
    /// that has the name stays as it is. A warning tells of one that is to take the place of a file of
    /// more than 64 KiB and twice its size. Flushing FILE's directory is left to the caller,
    /// once for many files. In the environment the name does not show in ps.
    #[arg(long, value_name = "FILE", env = "CBACK_OUTPUT")]
    pub(crate) output: Option<PathBuf>,

    /// Give the file that --output writes to this user and group, by their numbers
    #[arg(long, value_name = "UID:GID", requires = "output", value_parser = owner)]
    pub(crate) owner: Option<(u32, u32)>,

    /// Write the SHA-256 of the packed data to FILE, as 64 hexadecimal digits and a newline
    ///
    /// It is of the bytes as they are written or, with -d and -t, read. FILE is written once all has gone well, and
    /// before the file of --output has its name.
    #[arg(long, value_name = "FILE")]
    pub(crate) digest: Option<PathBuf>,

    /// For scripts: say on standard output what became of --output's FILE, in a line that begins with WORD
    ///
    /// Once FILE has its name, there follow the seconds that it took, bytes, `shrunk` where the warning was given, else
    /// `-`, the time when this process was started (UTC), and what sha256sum prints of FILE, without its directory.
    /// Otherwise there follow `failed 0 - -`, or `unsealed 0 - -` where the seal is missing, which is not said on
    /// standard error then, and, if FILE is there, the same with `?` for the digest. A process that is killed
    /// says nothing.
    #[arg(long, value_name = "WORD", requires = "output")]
    pub(crate) report: Option<String>,

    /// Show bytes in and out, their ratio, the rate and the time, if standard error is a terminal
    #[arg(long)]
    pub(crate) progress: bool,

    /// For scripts: be killed when the parent process, whose number is PID, ends
    ///
    /// Nothing is left running then where a script itself is killed. If PID is not the parent, or
    /// has ended already, nothing is done and the exit status is 1.
    #[arg(long, value_name = "PID", value_parser = value_parser!(i32).range(1..))]
    pub(crate) die_with: Option<i32>,
}

const USAGE: &str = "\
cback-compress [-m MODE] [-1 ... -9] [-p N] [--seal WORD] [--fsync] [OPTIONS]
       cback-compress -d|-t [-p N] [OPTIONS]";

const EXAMPLES: &str = "Examples:
  # Compress a dump on all cores; the last good one stays until the new one is complete
  seal=$(cat /proc/sys/kernel/random/uuid)
  cback-pgdump --seal \"$seal\" shop | cback-compress --seal \"$seal\" > shop.new &&
    mv shop.new shop.sql.gz
  # Check a backup, then unpack it
  cback-compress -t < shop.sql.gz && cback-compress -d < shop.sql.gz | less";

/// The options that have no meaning where the input is unpacked.
const PACKING: [&str; 13] = [
    "mode", "1", "2", "3", "4", "5", "6", "7", "8", "9", "seal", "fsync", "output",
];

fn owner(text: &str) -> Result<(u32, u32), &'static str> {
    let numbers = text.split_once(':');
    let parsed = numbers.and_then(|(user, group)| Some((user.parse().ok()?, group.parse().ok()?)));
    parsed.ok_or("two numbers with a colon between them are needed")
}

fn not_empty(word: OsString) -> Result<OsString, &'static str> {
    if word.is_empty() {
        Err("a seal cannot be empty")
    } else {
        Ok(word)
    }
}

/// `-1` to `-9`; the last one given counts.
#[derive(Debug)]
pub(crate) struct Level(Option<u8>);

const LEVELS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

impl Level {
    /// 1 to 9, if one was given.
    pub(crate) fn number(&self) -> Option<u8> {
        self.0
    }
}

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
        let mut levels = (1..).zip(LEVELS);
        let given = levels.find(|(_, name)| matches.get_flag(name));
        Ok(Self(given.map(|(level, _)| level)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
