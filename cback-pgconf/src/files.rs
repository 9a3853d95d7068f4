//! The names of the backups' files: Cedar Backup's own, made safe.
//!
//! A `/` in a database's name would lead out of `collect_dir`, so it becomes `%2F`; in such a name
//! `%` becomes `%25`. Only a name that was changed can meet another, and that is an error.

use std::collections::{HashMap, HashSet};

use crate::config::{CompressMode, PostgresqlConfig};
use crate::document::Node;
use crate::fault::Fault;

/// Bytes of the longest name that PostgreSQL keeps (its `NAMEDATALEN` less one). Three times as many,
/// every byte escaped, still make a file name that Linux takes (255 bytes).
const LONGEST_NAME: usize = 63;

/// Base names, in the order in which the backups are made; those not wanted are None.
pub(crate) struct Files {
    /// The file of the whole cluster.
    pub(crate) all: Option<String>,
    /// The file of roles and tablespaces, which a dump of the whole cluster holds already.
    pub(crate) globals: Option<String>,
    /// The file of each database, in the configuration's order.
    pub(crate) databases: Vec<String>,
}

impl Files {
    pub(crate) fn of(section: &PostgresqlConfig) -> Self {
        let suffix = match section.compress_mode {
            Some(CompressMode::Gzip) => ".gz",
            Some(CompressMode::Bzip2) => ".bz2",
            Some(CompressMode::None) | None => "",
        };
        let file = |base: &str| format!("{base}.txt{suffix}");
        let databases = section.databases.iter().flatten();
        let databases = databases.map(|name| file(&format!("postgresqldump-{}", escaped(name))));
        Self {
            all: section.all.then(|| file("postgresqldump")),
            globals: (section.globals && !section.all).then(|| file("postgresqlglobals")),
            databases: databases.collect(),
        }
    }

    /// The paths of all of them, each once: a database that is named twice has but one file.
    pub(crate) fn paths(self, collect_dir: &str) -> Vec<String> {
        let whole = self.all.into_iter().chain(self.globals);
        let directory = collect_dir.trim_end_matches('/');
        let mut seen = HashSet::new();
        let names = whole
            .chain(self.databases)
            .filter(|name| seen.insert(name.clone()));
        names.map(|name| format!("{directory}/{name}")).collect()
    }
}

fn escaped(database: &str) -> String {
    if database.contains('/') {
        database.replace('%', "%25").replace('/', "%2F")
    } else {
        database.to_owned()
    }
}

/// Holds the names of the user and of the databases against PostgreSQL's limit, and the files' names
/// against each other.
///
/// # Errors
///
/// The first element of the section with a name under which no backup can be made.
pub(crate) fn check(section: Node, values: &PostgresqlConfig) -> Result<(), Fault> {
    for (value, name) in section
        .value("user")
        .into_iter()
        .chain(section.valued("database"))
    {
        if name.len() > LONGEST_NAME {
            let limit = format!("and PostgreSQL's names at most {LONGEST_NAME}");
            let cause = format!("{} {name:?} has {} bytes, {limit}", value.name, name.len());
            return Err(value.fault(cause));
        }
    }
    let mut owners = HashMap::new();
    for ((value, name), file) in section.valued("database").zip(Files::of(values).databases) {
        let shared = format!("would share the file {file}");
        let other = *owners.entry(file).or_insert(name);
        if other != name {
            return Err(value.fault(format!("databases {other:?} and {name:?} {shared}")));
        }
    }
    Ok(())
}
