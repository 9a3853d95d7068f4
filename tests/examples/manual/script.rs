//! The command line of `scripts/cback-postgresql`, which is sh and cannot say it by itself.
//! A test holds the script's `--help` and its getopt line against this.

use clap::{Parser, ValueHint};
use std::path::PathBuf;

/// Back up PostgreSQL databases as the <postgresql> section of a cback3 configuration says
///
/// Each database that the section names is dumped to postgresqldump-DATABASE.txt, or with <all>Y</all>
/// all of them to postgresqldump.txt, in collect_dir, with .gz or .bz2 as compress_mode says. A slash
/// in a database's name becomes %2F.
///
/// A file appears when it is complete, on the disk, readable by its owner alone and, if root does
/// this, given to backup_user and backup_group. Until then the previous one stays as it is. One
/// database that fails does not stop the others. Standard error has a line for each backup and, in
/// the end, the names of those that failed.
///
/// Host, port, password and TLS come from libpq's own environment variables and files, such as
/// PGHOST and ~/.pgpass; nothing asks for a password.
#[allow(clippy::doc_markdown)] // it is for a terminal
#[derive(Debug, Parser)]
#[command(name = "cback-postgresql", version)]
#[command(after_help = EXAMPLES)]
#[command(
    override_usage = "cback-postgresql [-c|--config FILE] [-n|--dry-run] [-q|--quiet] [-v|--verbose]"
)]
pub(crate) struct Cli {
    /// Read this cback3 configuration
    #[arg(short, long, value_name = "FILE", default_value = "/etc/cback3.conf")]
    #[arg(value_hint = ValueHint::FilePath)]
    config: PathBuf,

    /// Check everything, say what would be done, connect to nothing and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Say only what goes wrong
    #[arg(short, long)]
    quiet: bool,

    /// Show the configuration's warnings and what pg_dump is doing
    #[arg(short, long)]
    verbose: bool,
}

const EXAMPLES: &str = "Examples:
  # Look before you leap
  cback-postgresql --dry-run
  # Back up, and say nothing unless something goes wrong
  cback-postgresql --quiet --config /etc/cback3.conf";
