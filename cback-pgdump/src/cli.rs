//! The command line.

use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, value_parser};
use std::ffi::OsString;
use std::path::PathBuf;

/// Dump a PostgreSQL database to standard output and prove that the dump is whole
///
/// Runs pg_dump (or pg_dumpall), passes its output on unaltered, and exits 0 only if it succeeded
/// and the dump ends as a whole dump does. With --check it reads a dump instead, and says whether it
/// is whole and what is in it. Host, port, password and TLS come from libpq's own
/// environment variables and files; nothing asks for a password. Times are dumped in UTC.
#[derive(Debug, Parser)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of its own
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
#[command(
    override_usage = "cback-pgdump [OPTIONS] [DATABASE] [-- PG_DUMP_OPTION ...]
       cback-pgdump [OPTIONS] --all|--globals [-- PG_DUMPALL_OPTION ...]
       cback-pgdump --list [--no-templates]
       cback-pgdump --check < DUMP"
)]
pub struct Cli {
    /// Dump this database [default: $PGDATABASE]
    ///
    /// Any name that PostgreSQL can hold. One that begins with `-` has to come by PGDATABASE. Other
    /// users see a name given here in ps, and not one in PGDATABASE (unless PGSERVICE is set,
    /// which would override it: then pg_dump has to be told by its arguments).
    #[arg(conflicts_with_all = ["all", "globals"])]
    pub database: Option<OsString>,

    /// Dump all databases, roles and tablespaces, with pg_dumpall
    #[arg(long)]
    pub all: bool,

    /// Dump only roles and tablespaces, with pg_dumpall
    ///
    /// The dump of a single database lacks them, and a restore on a new server stops at the first
    /// role. Where the user may not read the roles' passwords, the dump is made without them, and a
    /// message says so. ALTER ROLE ALL, which pg_dumpall leaves out, is asked from psql, and added.
    #[arg(long, conflicts_with = "all")]
    pub globals: bool,

    /// With --globals: add what recreates these databases, empty
    ///
    /// Owner, encoding, locale, rights, settings and comment of each database whose name is in FILE
    /// (`-` for standard input), where each name ends in NUL, as `cback-pgconf databases -0` writes
    /// them. A single database's dump lacks these too, and --all those of postgres and template1. One
    /// that does not exist is left out, and a message says so.
    #[arg(long, value_name = "FILE", requires = "globals")]
    pub databases0_from: Option<PathBuf>,

    /// Print the names of all databases that can be connected to, the largest first, a NUL after each
    ///
    /// psql asks the server. Sizes are taken into account where the user may know them. A message tells of
    /// databases that this user may not connect to.
    #[arg(long, conflicts_with_all = ["database", "all", "globals", "seal", "arguments"])]
    pub list: bool,

    /// With --list: leave out templates, and postgres if nothing has been created in it
    #[arg(long, requires = "list")]
    pub no_templates: bool,

    /// Connect as this role [default: $PGUSER, else libpq's choice]
    #[arg(short = 'U', long)]
    pub user: Option<OsString>,

    /// Dump one database with this program
    #[arg(long, value_name = "PATH", default_value = "pg_dump")]
    pub pg_dump: PathBuf,

    /// Dump all databases, or the globals, with this program
    #[arg(long, value_name = "PATH", default_value = "pg_dumpall")]
    pub pg_dumpall: PathBuf,

    /// Write WORD after the last byte of a dump that is whole
    ///
    /// `cback-compress --seal WORD` takes it off, and finishes its output only if it was there. Use
    /// a random WORD for each dump, so that no data can pass for it.
    #[arg(long, value_name = "WORD", value_parser = NonEmptyStringValueParser::new())]
    pub seal: Option<String>,

    /// Read a plain dump, also an older one or another program's, and say what is in it
    ///
    /// Reads standard input to its end and exits 0 only if it is a whole dump of pg_dump or
    /// pg_dumpall. Prints a line a table: name, rows, bytes and a fingerprint, separated by
    /// tabs, and one for all sequences and one for all large objects. The fingerprint depends on every
    /// value, but not on the order of rows or columns: two dumps of the same data print the same
    /// lines, if both were written by COPY, or both by INSERT statements.
    ///
    /// Takes at most 200 MB of memory, whatever is in the dump. That is enough for rows and functions of
    /// any size, 300,000 tables, and 20,000 roles; a dump with more than 96 MiB of tables' names, or 48 of
    /// roles, is refused.
    ///
    /// Where whoever writes the data must not be able to make up other data with the same fingerprint,
    /// set `CBACK_FINGERPRINT_KEY` to a random word: only lines with the same key can be compared.
    #[arg(long, conflicts_with_all = OF_A_DUMP)]
    pub check: bool,

    /// With --check: print facts about the dump as assignments for a shell, in place of the lines
    #[arg(long, requires = "check", conflicts_with_all = ["plan", "expect"], conflicts_with_all = OF_A_DUMP)]
    pub facts: bool,

    /// With --check: write into DIRECTORY what a restore needs; for cback-pgrestore
    ///
    /// Only if the dump is whole. The files have mode 0600: some may hold passwords' hashes.
    #[arg(long, value_name = "DIRECTORY", requires = "check", conflicts_with_all = OF_A_DUMP)]
    pub plan: Option<PathBuf>,

    /// With --check: of a cluster's dump, only the database that PGDATABASE names; for cback-pgrestore
    #[arg(long, requires = "check", conflicts_with_all = OF_A_DUMP)]
    pub one: bool,

    /// With --plan: the roles that the server has, initdb's first, each name ending in NUL
    #[arg(long, value_name = "FILE", requires = "plan", conflicts_with_all = OF_A_DUMP)]
    pub existing_roles: Option<PathBuf>,

    /// With --plan: psql knows `\restrict`, so let it take no command from a dump that has none, either
    ///
    /// Whoever has made a dump could have hidden one in it, which psql would run as whoever runs it.
    #[arg(long, requires = "plan", conflicts_with_all = OF_A_DUMP)]
    pub restrict: bool,

    /// With --plan: only the roles that the database needs whose plan is in DIRECTORY
    #[arg(long, value_name = "DIRECTORY", requires = "plan", conflicts_with_all = OF_A_DUMP)]
    pub globals_for: Option<PathBuf>,

    /// With --check: compare with the tables of the plan in DIRECTORY, made with the same key
    ///
    /// Prints nothing, and exits 0 if they have the same rows. Roles, memberships and tablespaces are not
    /// compared by their fingerprints if another major version wrote them.
    #[arg(long, value_name = "DIRECTORY", requires = "check", conflicts_with_all = OF_A_DUMP)]
    #[arg(conflicts_with = "plan")]
    pub expect: Option<PathBuf>,

    /// Write what psql has to run of the dump on standard input; for cback-pgrestore
    ///
    /// FILE is `script` of a plan. Its last line has psql print `restored`; it and the last COMMIT are not
    /// written if the dump is not, to its last byte, the one that was checked.
    #[arg(long, value_name = "FILE", conflicts_with_all = OF_A_DUMP, conflicts_with = "check")]
    pub script: Option<PathBuf>,

    /// With --script: each database in one transaction
    #[arg(long, requires = "script", conflicts_with_all = OF_A_DUMP)]
    pub one_transaction: bool,

    /// End when this process does, which has to be the parent; for scripts
    ///
    /// The kernel then sends SIGTERM, even where the script died of SIGKILL, and pg_dump is ended as
    /// on any SIGTERM. In sh, `cback-pgdump --die-with $$` run by the script itself, not by a
    /// subshell of it. If the process is not the parent, nothing is started and the status is 1.
    #[arg(long, value_name = "PID", value_parser = value_parser!(i32).range(1..))]
    pub die_with: Option<i32>,

    /// Options for pg_dump or pg_dumpall, such as --schema-only
    #[arg(last = true, value_name = "PG_DUMP_OPTION")]
    pub arguments: Vec<OsString>,
}

/// Arguments that make no sense where nothing is dumped.
const OF_A_DUMP: [&str; 8] = [
    "list",
    "database",
    "all",
    "globals",
    "databases0_from",
    "user",
    "seal",
    "arguments",
];

const EXAMPLES: &str = "Examples:
  # Only the definitions of a database
  cback-pgdump shop -- --schema-only
  # A file that is there, under its name, only if the dump in it is whole
  seal=$(cat /proc/sys/kernel/random/uuid)
  cback-pgdump --seal \"$seal\" shop | cback-compress --seal \"$seal\" > shop.new &&
    mv shop.new shop.sql.gz
  # Is it? And what is in it?
  cback-compress -d < shop.sql.gz | cback-pgdump --check";
