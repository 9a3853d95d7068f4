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
    /// A word for it.
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
    /// Their bytes, as COPY writes them.
    pub bytes: u64,
    /// Equal where all values are, whatever the order of rows and columns.
    pub fingerprint: u64,
}

impl Entry {
    pub(crate) fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.bytes += more.bytes;
        self.fingerprint = self.fingerprint.wrapping_add(more.fingerprint);
    }
}

/// What a line of the report is about. All but tables' come once a database at most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Table(Vec<u8>),
    Sequences,
    LargeObjects,
    /// Of a cluster: what creates its roles, and so on, by its heading.
    Globals(&'static str),
}

/// What is in a dump.
#[derive(Debug, Default)]
pub struct Contents {
    /// What kind of dump it is.
    pub kind: Kind,
    /// Of the server, such as 15.18; of the first database's in a cluster's dump.
    pub server_version: String,
    /// Of the program that wrote it.
    pub pg_dump_version: String,
    /// Of a single database's dump, as PostgreSQL names it.
    pub encoding: String,
    /// Of the whole dump.
    pub bytes: u64,
    /// By database, where there are several, and item.
    pub(crate) entries: BTreeMap<(Option<Vec<u8>>, Item), Entry>,
    /// What a restore needs that the dump does not bring.
    pub(crate) needs: Needs,
    /// The database that a dump made with `--create` creates.
    pub(crate) created: Option<Vec<u8>>,
    /// The option of `pg_dump` that made it, if its rows are INSERT statements; else empty. Of the rows
    /// of `--inserts`, the columns are not told, and of neither kind empty tables.
    pub(crate) inserts: &'static str,
    /// Of a cluster: its own part, without what an empty server has.
    pub(crate) prepare: Vec<u8>,
    /// Of a cluster: where that part ends.
    pub(crate) offset: u64,
    /// Of a cluster: the role that initdb made.
    pub(crate) superuser: Option<Vec<u8>>,
}

/// What a restore needs that the dump does not bring; names without quotes.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) roles: BTreeSet<Vec<u8>>,
    pub(crate) tablespaces: BTreeSet<Vec<u8>>,
    pub(crate) extensions: BTreeSet<Vec<u8>>,
}

impl Contents {
    /// Of all tables: how many, and their sum.
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
