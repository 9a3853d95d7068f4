//! What the child is told.
//!
//! `pg_dump NAME` takes a NAME with `=` in it for a connection string and one that begins with `-`
//! for an option, and then dumps *another database, with status 0*; and every user of the machine
//! reads it in `ps`. libpq's `PGDATABASE` and `PGUSER` have neither fault, but a service (the
//! variable `PGSERVICE`, even an empty one) overrides both. Beside a service they have to be
//! arguments, in the one form that is taken literally.

use crate::{Error, Options, Target};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// NAMEDATALEN - 1: servers before 17 cut a longer name, and so open *another* database.
const NAME_MAX: usize = 63;

/// A child to be started.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// Added to what the child inherits.
    pub(crate) environment: Vec<(&'static str, OsString)>,
    target: Target,
}

impl Invocation {
    /// `has_service`: libpq would read a service file.
    pub(crate) fn new(options: &Options, has_service: bool) -> Result<Self, Error> {
        let mut invocation = Self::without_names(options);
        if let Some(user) = &options.user {
            if has_service {
                invocation.arguments.push(joined("--username=", user));
            } else {
                invocation.environment.push(("PGUSER", user.clone()));
            }
        }
        if let Target::Database(name) = &options.target {
            if name.len() > NAME_MAX {
                return Err(Error::NameTooLong(name.clone()));
            }
            if has_service {
                invocation
                    .arguments
                    .push(joined("--dbname=", &connection_string(name)));
            } else {
                invocation.environment.push(("PGDATABASE", name.clone()));
            }
        }
        invocation
            .arguments
            .extend(options.arguments.iter().cloned());
        Ok(invocation)
    }

    fn without_names(options: &Options) -> Self {
        let program = match options.target {
            Target::Database(_) => &options.pg_dump,
            Target::All => &options.pg_dumpall,
        };
        Self {
            program: program.clone(),
            arguments: vec!["--no-password".into()],
            environment: Vec::new(),
            target: options.target.clone(),
        }
    }
}

/// What the dump is of, and by which program; on one line, whatever is in the name.
#[allow(clippy::unnecessary_debug_formatting)]
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Database(name) => write!(f, "database {name:?}: ")?,
            Target::All => write!(f, "all databases: ")?,
        }
        self.program.display().fmt(f)
    }
}

/// `dbname='NAME'`, where a backslash keeps the next byte from having a meaning.
fn connection_string(name: &OsStr) -> OsString {
    let mut string = b"dbname='".to_vec();
    for &byte in name.as_bytes() {
        if matches!(byte, b'\'' | b'\\') {
            string.push(b'\\');
        }
        string.push(byte);
    }
    string.push(b'\'');
    OsString::from_vec(string)
}

fn joined(option: &str, value: &OsStr) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(value);
    argument
}
