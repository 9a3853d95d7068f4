//! The child's arguments and environment.
//!
//! `pg_dump NAME` takes a NAME with `=` in it for a connection string and one that begins with `-`
//! for an option, and then dumps *another database, with status 0*; and every user of the machine
//! can read it in `ps`. libpq's `PGDATABASE` and `PGUSER` are taken literally and are not shown, but
//! a service (the variable `PGSERVICE`, even an empty one) overrides both. Where there is one, user
//! and database have to be arguments, in the one form that is taken literally.
//!
//! Our arguments come after the user's, since the last one counts. An empty `--dbname=` leaves the
//! name to `PGDATABASE`, and makes pg_dump refuse any other name among its arguments.

use crate::error::Error;
use crate::request::{Options, Target};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// NAMEDATALEN - 1: servers before 17 cut a longer name, and so open *another* database.
const NAME_MAX: usize = 63;

/// A child to be started.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// Variables that are added to what the child inherits.
    pub(crate) environment: Vec<(&'static str, OsString)>,
    /// Its messages are not passed on.
    pub(crate) is_quiet: bool,
    target: Target,
}

impl Invocation {
    /// The program that makes this dump.
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let (program, database) = match &options.target {
            Target::Database(name) => (&options.pg_dump, Some(&name[..])),
            Target::All | Target::Globals { .. } => (&options.pg_dumpall, None),
        };
        let mut arguments = options.arguments.clone();
        if let Target::Globals { passwords } = options.target {
            arguments.push("--globals-only".into());
            if !passwords {
                arguments.push("--no-role-passwords".into());
            }
        }
        Self::with_names(program.clone(), arguments, options, database)
    }

    /// psql that asks this in `database`: the one beside pg_dump, else the first on PATH. To a client whose encoding
    /// is `SQL_ASCII` a server hands bytes over as they are, and psql drops none that another encoding has not. No
    /// function that somebody has put into another schema is called in place of the server's own.
    pub(crate) fn query(options: &Options, database: &OsStr, sql: &str) -> Result<Self, Error> {
        let beside = options.pg_dump.with_file_name("psql");
        let is_beside = beside.is_file();
        let psql = if is_beside { beside } else { "psql".into() };
        let first = [r"\encoding SQL_ASCII", "SET search_path TO pg_catalog"];
        let commands = first.into_iter().chain([sql]).flat_map(|it| ["-c", it]);
        let arguments = ["-XAtq0z"].into_iter().chain(commands);
        let arguments = arguments.map(OsString::from).collect();
        Self::with_names(psql, arguments, options, Some(database))
    }

    /// As a command without standard input, from which nobody shall be asked for a password.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null());
        command.envs(self.environment.iter().cloned());
        command
    }

    fn with_names(
        program: PathBuf,
        mut arguments: Vec<OsString>,
        options: &Options,
        database: Option<&OsStr>,
    ) -> Result<Self, Error> {
        // libpq would read a service file, also by an empty variable.
        let has_service = std::env::var_os("PGSERVICE").is_some();
        // In the connection's first packet, where it beats the zones of server, database and role. Also
        // where the user's own PGTZ says otherwise, so that dumps of the same data are alike.
        let mut environment = vec![("PGTZ", "UTC".into())];
        arguments.push("--no-password".into());
        if let Some(user) = &options.user {
            if has_service {
                arguments.push(joined("--username=", user));
            } else {
                environment.push(("PGUSER", user.clone()));
            }
        }
        if let Some(name) = database {
            if name.len() > NAME_MAX {
                return Err(Error::NameTooLong(name.to_owned()));
            }
            let mut dbname = OsString::new();
            if has_service {
                dbname = connection_string(name);
            } else {
                environment.push(("PGDATABASE", name.to_owned()));
            }
            arguments.push(joined("--dbname=", &dbname));
        }
        Ok(Self {
            program,
            arguments,
            environment,
            is_quiet: false,
            target: options.target.clone(),
        })
    }
}

/// The dump's subject and program; on one line, whatever is in the name.
#[allow(clippy::unnecessary_debug_formatting)]
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Database(name) => write!(f, "database {name:?}: ")?,
            Target::All => write!(f, "all databases: ")?,
            Target::Globals { .. } => write!(f, "globals: ")?,
        }
        self.program.display().fmt(f)
    }
}

/// `dbname='NAME'`, where a backslash keeps the next byte from having a meaning.
fn connection_string(name: &OsStr) -> OsString {
    let mut string = b"dbname='".to_vec();
    for byte in name.as_bytes() {
        if b"'\\".contains(byte) {
            string.push(b'\\');
        }
        string.push(*byte);
    }
    string.push(b'\'');
    OsString::from_vec(string)
}

fn joined(option: &str, value: &OsStr) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(value);
    argument
}
