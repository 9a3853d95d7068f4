//! The contents of a dump.

use super::cluster::Cluster;
use super::fingerprint::{Entry, Key};
use super::needs::{Needs, OVERHEAD};
use super::token::{printable, spelled};
use std::collections::{BTreeMap, BTreeSet, btree_map};

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

/// The subject of a line of the report; but for tables, there is at most one a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Table,
    Sequences,
    LargeObjects,
    /// Roles, memberships or tablespaces.
    Cluster,
}

/// The contents of a dump.
#[derive(Debug, Default)]
pub struct Contents {
    /// The kind of the dump.
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
    /// By name, as it is printed: `table`, in a cluster's dump `database.table`.
    pub(crate) entries: BTreeMap<Vec<u8>, (Item, Entry)>,
    /// A single database's.
    pub(crate) needs: Needs,
    /// The database that a dump made with `--create` creates.
    pub(crate) created: Option<Vec<u8>>,
    /// `--inserts` or `--column-inserts`, if its rows are INSERT statements; else empty. A dump to compare
    /// it with has to be made so too: an empty table has no statement.
    pub(crate) inserts: &'static str,
    /// The hashes of the names of tables that are partitions, of the last database.
    pub(crate) partitions: BTreeSet<u64>,
    /// Rows of a partition came by its root; rows of another did not.
    pub(crate) has_root_loads: bool,
    pub(crate) has_partition_loads: bool,
    /// A cluster's own part.
    pub(crate) cluster: Cluster,
    /// The end of that part, in bytes from the dump's beginning.
    pub(crate) offset: u64,
    /// The fingerprints'.
    pub(crate) key: Key,
    /// Memory that the names of `entries` take.
    names: usize,
}

impl Contents {
    pub(crate) fn new(key: Key) -> Self {
        Self {
            key,
            ..Self::default()
        }
    }

    /// The number of entries for `wanted`, and their sum.
    pub(crate) fn sum(&self, wanted: Item) -> (u64, Entry) {
        let mut count = 0;
        let mut sum = Entry::default();
        for (_, entry) in self.entries.values().filter(|(item, _)| *item == wanted) {
            count += 1;
            sum.add(*entry);
        }
        (count, sum)
    }

    /// Adds to the entry of that name, in a cluster's `database`.
    pub(crate) fn add(&mut self, database: Option<&[u8]>, item: Item, name: &[u8], entry: Entry) {
        let name = match database {
            Some(database) => printable(&[&spelled(database), &b"."[..], name].concat()),
            None => printable(name),
        };
        match self.entries.entry(name) {
            btree_map::Entry::Occupied(mut old) => old.get_mut().1.add(entry),
            btree_map::Entry::Vacant(new) => {
                self.names += new.key().len() + 2 * OVERHEAD;
                new.insert((item, entry));
            }
        }
    }

    /// A cluster's own part has ended.
    pub(crate) fn sort_out_cluster(&mut self) {
        for (heading, entry) in self.cluster.sort_out(self.key) {
            self.add(None, Item::Cluster, heading.as_bytes(), entry);
        }
    }

    /// Bytes of memory that the names of tables take, and that all that goes into a plan takes, about.
    pub(crate) fn held(&self) -> (usize, usize) {
        let names = self.names + 16 * self.partitions.len();
        (names, self.needs.held + self.cluster.held)
    }

    /// Options with which pg_dump and pg_dumpall write data like this.
    pub(crate) fn dump_options(&self) -> Vec<&'static str> {
        // Without the option, pg_dump does so for hash partitions by an enum, but for no other.
        let by_root = self.has_root_loads && !self.has_partition_loads;
        let mut options = vec![self.inserts];
        options.extend(by_root.then_some("--load-via-partition-root"));
        options.retain(|option| !option.is_empty());
        options
    }
}
