//! The parts of a dump that each hold a database, and what is not copied of them when they are restored: what
//! is about the database as a whole, psql's `\connect`, and what `--clean` begins with, as there is nothing to be
//! removed from a new database.

use super::token::{Token, after};
use std::ops::Range;

/// Memory that a place takes, in bytes.
const PLACE: usize = size_of::<Cut>();

/// The kind of a dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// `pg_dump`: one database.
    #[default]
    Database,
    /// `pg_dumpall`: roles, tablespaces and databases.
    Cluster,
    /// `pg_dumpall --globals-only`.
    Globals,
}

impl Kind {
    /// Its name in `--plan`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Cluster => "cluster",
            Self::Globals => "globals",
        }
    }
}

/// The part of a dump that holds a database.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// The database's name; none in a single database's dump that does not tell.
    pub(crate) database: Option<Vec<u8>>,
    /// The encoding, by its first `SET client_encoding`.
    pub(crate) encoding: String,
    /// Where it stands, in bytes from the dump's beginning.
    pub(crate) place: Range<u64>,
    /// The places that are left out, in order, and apart from each other.
    pub(crate) cuts: Vec<Cut>,
    /// The number of objects, by pg_dump's comments above each.
    pub(crate) objects: u64,
    /// One of these comments has come, also of data.
    pub(crate) has_begun: bool,
    /// Statements that make the event triggers, which are cut out: a restore runs them last.
    pub(crate) event_triggers: Vec<u8>,
}

/// A place that is not copied.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) place: Range<u64>,
    /// It begins or ends a transaction, and is left out only if it would be inside of another.
    pub(crate) is_transactions: bool,
}

impl Section {
    pub(crate) fn new(start: u64) -> Self {
        Self {
            place: start..u64::MAX,
            ..Self::default()
        }
    }

    /// Leaves out a place, which comes after the others; returns the memory that this takes.
    pub(crate) fn cut(&mut self, place: Range<u64>, is_transactions: bool) -> usize {
        if let Some(last) = self.cuts.last_mut()
            && last.is_transactions == is_transactions
            && last.place.end == place.start
        {
            last.place.end = place.end;
            return 0;
        }
        self.cuts.push(Cut {
            place,
            is_transactions,
        });
        PLACE
    }
}

/// Takes the first word for the version or encoding, unless it is known already; none is as long as 40 characters.
pub(crate) fn note(version: &mut String, told: &str) {
    if version.is_empty() {
        let word = told.split(' ').next().unwrap_or_default();
        let shown = word.replace(char::is_control, "?");
        version.extend(shown.chars().take(40));
    }
}

/// The same with the value of `SET client_encoding = 'encoding';`.
pub(crate) fn note_encoding(encoding: &mut String, tokens: &[Token<'_>]) {
    let value = after(tokens, &["SET", "client_encoding", "="]);
    if let Some([Token::Text(told), ..]) = value {
        note(encoding, &String::from_utf8_lossy(told));
    }
}
