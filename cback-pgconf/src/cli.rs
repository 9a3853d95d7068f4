//! The command line.

// clap prints these comments as they stand: backticks would be shown. What is flattened has none.
#![allow(missing_docs, rustdoc::invalid_html_tags)]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::CompressMode;

/// Read, check and write the postgresql section of a cback3 configuration
///
/// Values are read exactly as Cedar Backup 3 reads them.
#[derive(Debug, Parser)]
#[command(
    name = "cback-pgconf",
    version,
    disable_help_subcommand = true,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{CONFIGURATION}")
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  # Say what is wrong with a configuration, and what looks wrong
  cback-pgconf check --strict /etc/cback3.conf
  # Have its values as variables of the shell
  conf=$(cback-pgconf shell /etc/cback3.conf) && eval \"$conf\" && ls \"$collect_dir\"
  # Have other databases backed up
  cback-pgconf add --replace --compress-mode gzip --database shop --database blog \\
      /etc/cback3.conf > cback3.conf.new";

const CONFIGURATION: &str = "A whole configuration, as far as cback-postgresql reads it:
  <cb_config>
     <options>
        <backup_user>backup</backup_user>
        <backup_group>backup</backup_group>
     </options>
     <collect>
        <collect_dir>/var/backups/postgresql</collect_dir>
     </collect>
     <postgresql>
        <user>postgres</user>
        <compress_mode>gzip</compress_mode>
        <all>N</all>
        <globals>Y</globals>
        <database>shop</database>
        <database>blog</database>
     </postgresql>
  </cb_config>";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is wrong with a configuration, if anything is
    ///
    /// The whole file is held against the rules of XML, and the values that cback-postgresql uses against
    /// those of Cedar Backup. Not seen, though cback3 refuses it: other values (cback3 validate looks at
    /// them), letters in names that XML allows only since its fifth edition, elements hundreds deep.
    Check {
        /// Fail on warnings too
        #[arg(long)]
        strict: bool,
        #[command(flatten)]
        input: Input,
    },
    /// Print a configuration as POSIX shell assignments, safe for eval
    Shell {
        /// Take a configuration that Cedar Backup can read but not use
        #[arg(long)]
        no_validate: bool,
        #[command(flatten)]
        listed: Listed,
        #[command(flatten)]
        input: Input,
    },
    /// Print the names of the databases that are backed up, one a line
    ///
    /// With <separate>, those are of the server: none without --databases0-from.
    Databases {
        #[command(flatten)]
        listed: Listed,
        /// End each name with NUL instead of a line end
        #[arg(short = '0', long)]
        null: bool,
        #[command(flatten)]
        input: Input,
    },
    /// Print the paths of the files that the backups are written to, one a line
    ///
    /// With <separate>, those of databases only with --databases0-from.
    Files {
        #[command(flatten)]
        listed: Listed,
        /// End each path with NUL instead of a line end
        #[arg(short = '0', long)]
        null: bool,
        /// The configuration; standard input if absent or `-`
        file: Option<PathBuf>,
    },
    /// Warn of databases that are forgotten, and of files of those that are gone
    ///
    /// Tell of databases of the server that the configuration neither means nor excludes; of names that it
    /// excludes although the server has no such database; of files that have a backup's name, beside the
    /// others, and are of nothing that is backed up. Warnings do not change the exit status. Of databases that are
    /// gone since they were listed as backed up, their places in that list are printed, too, one a line.
    Forgotten {
        #[command(flatten)]
        listed: Listed,
        /// With <separate>: the databases that are backed up; those of the server are if absent
        #[arg(long, value_name = "LIST")]
        backed_up0_from: Option<PathBuf>,
        /// Look into this directory in place of the configuration's
        #[arg(long, value_name = "DIR")]
        collect_dir: Option<PathBuf>,
        /// The configuration; standard input if absent or `-`
        file: Option<PathBuf>,
    },
    /// Print where a pool's master puts what its peers have collected, as assignments like those of shell
    ///
    /// The variable `staging_dir`, and the names of the peers as positional parameters: those of <stage> or, if it
    /// has none, of <peers>. Files are staged into its YYYY/MM/DD/PEER.
    Stage {
        /// The configuration; standard input if absent or `-`
        file: Option<PathBuf>,
    },
    /// Print a configuration with a <postgresql> section added
    Add(Add),
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Add {
    /// Connect as U
    #[arg(long, value_name = "U", allow_hyphen_values = true)]
    pub user: Option<String>,
    /// Compress dumps so
    #[arg(long, value_enum, value_name = "M")]
    pub compress_mode: Option<CompressMode>,
    /// Back up all databases
    #[arg(long)]
    pub all: bool,
    /// Back up each of them, and roles and tablespaces, into a file of its own
    ///
    /// Cedar Backup itself ignores the element that this writes, and makes one file.
    #[arg(long)]
    pub separate: bool,
    /// Back up the database D; may be given several times
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub database: Vec<String>,
    /// Leave out the database D on purpose; may be given several times
    ///
    /// Cedar Backup itself ignores the element that this writes.
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub exclude: Vec<String>,
    /// Back up roles and tablespaces too
    ///
    /// Cedar Backup itself ignores the element that this writes.
    #[arg(long)]
    pub globals: bool,
    /// Put the section in place of the first one there is
    #[arg(long)]
    pub replace: bool,
    /// Write what could not be used
    #[arg(long)]
    pub no_validate: bool,
    /// The configuration; standard input if absent or `-`
    pub file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Listed {
    /// The databases of the server, as `cback-pgdump --list` writes them: names that each end in NUL
    ///
    /// They are what <separate> backs up, but for those that <exclude> names. Databases that <database> names
    /// are put into their order, the largest first.
    #[arg(long, value_name = "LIST")]
    pub databases0_from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Input {
    /// Look at the <postgresql> section only
    #[arg(long)]
    pub section_only: bool,
    /// The configuration; standard input if absent or `-`
    pub file: Option<PathBuf>,
}
