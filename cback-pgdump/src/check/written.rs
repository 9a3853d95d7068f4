//! How a dump was written: by which options of pg_dump's, and by which settings of its session, as far as it tells. A
//! dump to compare it with has to be written so too.

use super::fingerprint::Key;
use super::needs::Words;
use super::token::{Token, after, qualified};
use std::collections::BTreeSet;

/// Options, settings, and what depends on them.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub(crate) struct Written {
    /// Options of pg_dump and pg_dumpall that show by themselves.
    pub(crate) options: BTreeSet<&'static str>,
    /// Settings, as options of the server's.
    pub(crate) settings: BTreeSet<&'static str>,
    /// There are columns of type `bytea`, written as `bytea_output` says.
    pub(crate) has_bytea: bool,
    /// There are columns of type `money`, written and read as `lc_monetary` says, which no dump sets.
    pub(crate) has_money: bool,
    /// There are columns of types `regrole` or `aclitem`, whose values are names of roles.
    pub(crate) has_role_data: bool,
    /// The dump creates the schema `public`, as by `pg_dump --schema`.
    pub(crate) has_new_public: bool,
    /// The hashes of the names of tables that are partitions, of the last database.
    pub(crate) partitions: BTreeSet<u64>,
    /// Rows of a partition came by its root; rows of another did not.
    pub(crate) has_root_loads: bool,
    pub(crate) has_partition_loads: bool,
}

/// Statements that name the types of columns.
const OF_TYPES: [Words; 5] = [
    &["CREATE", "TABLE"],
    &["CREATE", "UNLOGGED"],
    &["CREATE", "TYPE"],
    &["CREATE", "DOMAIN"],
    &["CREATE", "MATERIALIZED"],
];

impl Written {
    /// Takes the next statement of a database's part.
    pub(crate) fn record(&mut self, tokens: &[Token<'_>], key: Key) {
        let begins = |words: Words| after(tokens, words).is_some();
        let has_types = OF_TYPES.into_iter().any(begins);
        if has_types {
            let names = tokens.iter().filter_map(Token::name);
            names.for_each(|name| self.column(name));
        }
        let has_casts = has_types || begins(&["ALTER", "TABLE"]);
        if has_casts && tokens.windows(3).any(is_cast_to_quoted) {
            self.settings.insert("-c quote_all_identifiers=on");
        }
        if begins(&["SET", "standard_conforming_strings", "=", "off"]) {
            self.settings.insert("-c standard_conforming_strings=off");
        }
        let method = after(tokens, &["SET", "default_table_access_method", "="]);
        if let Some([Token::Name(_), ..]) = method {
            self.options.insert("--quote-all-identifiers");
        }
        if let Some(partition) = attached(tokens) {
            self.partitions.insert(key.row(&partition));
        }
    }

    fn column(&mut self, name: &[u8]) {
        self.has_bytea |= name == b"bytea";
        self.has_money |= name == b"money";
        self.has_role_data |= name == b"regrole" || name == b"aclitem";
    }

    /// Takes a table whose rows come.
    pub(crate) fn load(&mut self, table: &[u8], key: Key) {
        let is_partition = || self.partitions.contains(&key.row(table));
        self.has_partition_loads |= !self.partitions.is_empty() && is_partition();
    }
}

/// `::"text"`, which is quoted by `quote_all_identifiers` alone; `"char"` is another type than `char`.
fn is_cast_to_quoted(tokens: &[Token<'_>]) -> bool {
    let is_cast = tokens[0].is(":") && tokens[1].is(":");
    is_cast && matches!(&tokens[2], Token::Name(name) if name != b"char")
}

/// The table in `ALTER TABLE ONLY root ATTACH PARTITION table ...;`.
fn attached(tokens: &[Token<'_>]) -> Option<Vec<u8>> {
    let (_, rest) = qualified(after(tokens, &["ALTER", "TABLE", "ONLY"])?)?;
    qualified(after(rest, &["ATTACH", "PARTITION"])?).map(|(table, _)| table)
}
