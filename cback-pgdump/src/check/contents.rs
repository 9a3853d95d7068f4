//! The contents of a dump.

use super::cluster::Cluster;
use super::database::{Databases, OfDatabase, run_as};
use super::definition;
use super::fingerprint::{Entry, Key};
use super::needs::{Needs, OVERHEAD};
use super::objects::{List, Objects, run_by};
use super::sections::{Kind, Section};
use super::token::{printable, spelled, tokens};
use super::written::Written;
use std::collections::{BTreeMap, btree_map};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;

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
    /// The version of the program that wrote it, from the next comment.
    pub pg_dump_version: String,
    /// The encoding, by `SET client_encoding`, such as `UTF8`; empty if not all of a cluster is in one encoding.
    pub encoding: String,
    /// Length of the dump.
    pub bytes: u64,
    /// By name, as it is printed: `table`, in a cluster's dump `database.table`.
    pub(crate) entries: BTreeMap<Vec<u8>, (Item, Entry)>,
    /// The needs of a restore of them.
    pub(crate) needs: Needs,
    /// In a cluster's dump, the database of the last `\connect`; none in its own part.
    pub(crate) database: Option<Vec<u8>>,
    /// The one database that these are the contents of, though there may be others in the dump.
    pub(crate) one: Option<Vec<u8>>,
    /// Each database's part, in order.
    pub(crate) sections: Vec<Section>,
    /// The statements about each database as a whole.
    pub(crate) databases: Databases,
    /// The digest of all bytes of the dump.
    pub(crate) digest: u128,
    /// A key for `\restrict`: the dump's first or, for a restore, one that nobody knows.
    pub(crate) restricted: Option<Vec<u8>>,
    pub(crate) written: Written,
    /// A cluster's own part.
    pub(crate) cluster: Cluster,
    pub(crate) objects: Objects,
    /// The key of the fingerprints.
    pub(crate) key: Key,
    /// Memory that the names of `entries` take, and that `sections` take.
    names: usize,
    held: usize,
}

impl Contents {
    pub(crate) fn new(key: Key, one: Option<&[u8]>, objects: List) -> Self {
        Self {
            key,
            one: one.map(<[u8]>::to_vec),
            objects: Objects::new(objects, key),
            ..Self::default()
        }
    }

    /// Whether a cluster's `database` is one of those that these are the contents of.
    pub(crate) fn is_wanted(&self, database: Option<&[u8]>) -> bool {
        self.one.is_none() || self.kind == Kind::Database || self.one.as_deref() == database
    }

    /// Whether what comes now is of a database of those.
    pub(crate) fn is_taken(&self) -> bool {
        self.is_wanted(self.database.as_deref())
    }

    /// In a cluster's own part, as far as it has been read.
    pub(crate) fn is_in_cluster(&self) -> bool {
        self.kind == Kind::Globals
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

    /// Adds to the entry of that name.
    pub(crate) fn add(&mut self, item: Item, name: &[u8], entry: Entry) {
        if !self.is_taken() {
            return;
        }
        self.written.load(name, self.key);
        let name = match self.database.as_ref().filter(|_| self.one.is_none()) {
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
    pub(crate) fn end_cluster(&mut self) {
        if let List::Compared(known) = &self.objects.list {
            self.cluster.forget(&known.made_up, &known.initdbs);
        }
        for (heading, entry) in self.cluster.entries(self.key) {
            self.add(Item::Cluster, heading.as_bytes(), entry);
        }
        if self.is_taken() {
            self.cluster.list(&mut self.objects, self.key);
        }
    }

    /// Bytes of memory that the names of tables take, and that all that goes into a plan takes, about.
    pub(crate) fn held(&self) -> (usize, usize) {
        let names = self.names + 16 * self.written.partitions.len() + self.objects.held();
        let planned = self.needs.held + self.cluster.held + self.databases.held;
        (names, planned + self.held)
    }

    /// A database's part begins there, and another ends.
    pub(crate) fn begin_section(&mut self, start: u64) {
        self.end_section(start);
        self.sections.push(Section::new(start));
        self.database = None;
        self.held += OVERHEAD;
    }

    pub(crate) fn end_section(&mut self, end: u64) {
        let is_taken = self.is_taken();
        if let Some(section) = self.sections.last_mut() {
            section.place.end = end.min(section.place.end);
            if !is_taken {
                section.cuts = Vec::new();
            }
        }
    }

    /// Has a restore restrict psql, by a key of its own, if the dump does so or `is_wanted`.
    pub(crate) fn restrict(&mut self, is_wanted: bool) {
        let random = || RandomState::new().build_hasher().finish();
        if is_wanted || self.restricted.is_some() {
            let key = format!("{:016x}{:016x}", random(), random());
            self.restricted = Some(key.into_bytes());
        }
    }

    /// The current section is this database's.
    pub(crate) fn name_section(&mut self, database: Option<Vec<u8>>) {
        self.needs.session = None;
        if let Some(section) = self.sections.last_mut() {
            self.held += database.as_ref().map_or(0, Vec::len);
            section.database.clone_from(&database);
            self.database = database.filter(|_| self.kind == Kind::Cluster);
        }
    }

    /// At the dump's end.
    pub(crate) fn set_encoding(&mut self) {
        let mut sections = self.sections.iter();
        let section = match (self.kind, &self.one) {
            (Kind::Database, _) => sections.next(),
            (_, None) if sections.any(|it| it.encoding != self.cluster.encoding) => None,
            (_, None) => self.sections.first(),
            (_, one) => sections.find(|it| it.database == *one),
        };
        self.encoding = section.map_or_else(String::new, |it| it.encoding.clone());
    }

    /// `15` for a pg_dump of version 15.18; of the server's version, where the dump does not tell pg_dump's.
    pub(crate) fn pg_dump_major(&self) -> &str {
        let told = [&self.pg_dump_version, &self.server_version];
        let version = told.into_iter().find(|it| !it.is_empty());
        version.map_or("", |it| major(it))
    }

    /// The server's major version.
    pub(crate) fn server_major(&self) -> Option<u32> {
        major(&self.server_version).parse().ok()
    }

    /// Leaves this place out of the current section.
    pub(crate) fn cut(&mut self, place: Range<u64>, is_transactions: bool) {
        if let Some(section) = self.sections.last_mut() {
            self.held += section.cut(place, is_transactions);
        }
    }

    /// Leaves this statement out of the current section, to be run at its end as the role that runs it here.
    pub(crate) fn put_off(&mut self, text: &[u8], place: Range<u64>) {
        self.cut(place, false);
        let session = self.needs.session.as_ref();
        let text = session.map_or_else(|| text.to_vec(), |role| run_as(role, text));
        self.held += text.len();
        if let Some(section) = self.sections.last_mut() {
            section.event_triggers.extend(text);
        }
    }

    /// The object of this comment of pg_dump's begins; none if it is of data.
    pub(crate) fn begin_object(&mut self, comment: Option<&[u8]>) {
        let database = self.database.as_deref().filter(|_| self.one.is_none());
        match comment.filter(|_| self.is_taken()) {
            Some(comment) => self.objects.begin(comment, database),
            None => self.objects.end(),
        }
    }

    /// Statements about a database are an object of their own: pg_dump's comment has the name, which may be another
    /// when restored.
    pub(crate) fn define_database(&mut self, statement: &OfDatabase) {
        let is_single = self.kind == Kind::Database || self.one.is_some();
        let name = [b"itself", &statement.database[..]][usize::from(!is_single)];
        let fingerprint = definition::fingerprint(&tokens(&statement.text), self.key);
        let fingerprint = run_by(self.needs.session.as_deref(), fingerprint, self.key);
        self.objects.single("DATABASE", name, fingerprint);
    }
}

/// `15` of `15.18`.
pub(crate) fn major(version: &str) -> &str {
    let end = version.find(|it: char| !it.is_ascii_digit());
    &version[..end.unwrap_or(version.len())]
}
