//! What is in a dump.

use std::collections::{BTreeMap, BTreeSet};

/// What kind of dump it is.
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
    /// Its name in `--json` and `--plan`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Cluster => "cluster",
            Self::Globals => "globals",
        }
    }
}

/// The data of a table; or all sequences or large objects of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Rows, sequences, or large objects.
    pub rows: u64,
    /// Their bytes as COPY writes them; of large objects, of their data.
    pub bytes: u64,
    /// Depends on every value and its column's name, but not on the order of rows and columns; 0 of none.
    pub fingerprint: u64,
}

impl Entry {
    pub(crate) fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.bytes += more.bytes;
        self.fingerprint = self.fingerprint.wrapping_add(more.fingerprint);
    }
}

/// What a line of the report is about; but for tables, there is at most one a database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Table(Vec<u8>),
    Sequences,
    LargeObjects,
    /// Of a cluster: `roles`, `memberships` or `tablespaces`.
    Globals(&'static str),
}

/// What is in a dump.
#[derive(Debug, Default)]
pub struct Contents {
    /// What kind of dump it is.
    pub kind: Kind,
    /// The server's, such as 15.18, from the comment at the dump's head; in a cluster's dump, at that of
    /// its first database. Empty where there is none.
    pub server_version: String,
    /// The program's that wrote it, from the next comment.
    pub pg_dump_version: String,
    /// By `SET client_encoding` in a single database's dump, such as `UTF8`; else empty.
    pub encoding: String,
    /// Length of the dump.
    pub bytes: u64,
    /// By database, in a cluster's dump, and item.
    pub(crate) entries: BTreeMap<(Option<Vec<u8>>, Item), Entry>,
    /// Of a single database's dump.
    pub(crate) needs: Needs,
    /// The database that a dump made with `--create` creates.
    pub(crate) created: Option<Vec<u8>>,
    /// `--inserts` or `--column-inserts`, if its rows are INSERT statements; else empty. A dump to compare
    /// it with has to be made so too: rows of `--inserts` come without the names of their columns, and
    /// an empty table has no statement.
    pub(crate) inserts: &'static str,
    /// Of a cluster: the statements of its own part, without what an empty server has.
    pub(crate) prepare: Vec<u8>,
    /// Of a cluster: where that part ends, in bytes from the dump's beginning.
    pub(crate) offset: u64,
    /// Of a cluster: the role that initdb made.
    pub(crate) superuser: Option<Vec<u8>>,
}

/// What a restore needs that the dump does not bring; names without quotes.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) roles: BTreeSet<Vec<u8>>,
    /// Of the roles those that a statement wants to be superusers.
    pub(crate) superusers: BTreeSet<Vec<u8>>,
    /// Owners of subscriptions, who have to be superusers before PostgreSQL 16.
    pub(crate) subscribers: BTreeSet<Vec<u8>>,
    /// The role that `SET SESSION AUTHORIZATION` has made the current one.
    pub(crate) session: Option<Vec<u8>>,
    pub(crate) tablespaces: BTreeSet<Vec<u8>>,
    pub(crate) extensions: BTreeSet<Vec<u8>>,
}

impl Contents {
    /// The number of tables, and the sum of their entries.
    pub fn tables(&self) -> (u64, Entry) {
        let mut count = 0;
        let mut sum = Entry::default();
        for ((_, item), entry) in &self.entries {
            if matches!(item, Item::Table(_)) {
                count += 1;
                sum.add(*entry);
            }
        }
        (count, sum)
    }
}
