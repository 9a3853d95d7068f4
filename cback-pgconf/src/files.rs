//! The names of the backups' files: Cedar Backup's own, made safe.
//!
//! A `/` in a database's name would lead out of `collect_dir`, so it becomes `%2F`; in such a name
//! `%` becomes `%25`. Only a name that was changed can meet another, and that is an error.

use std::collections::HashMap;

use crate::config::{CompressMode, PostgresqlConfig};

/// Bytes of the longest name that PostgreSQL keeps (its `NAMEDATALEN` less one). Three times as many,
/// every byte escaped, still make a file name that Linux takes (255 bytes).
const LONGEST_NAME: usize = 63;

/// Base names, in the order in which the backups are made; those not wanted are None.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Files {
    /// The whole cluster.
    pub(crate) all: Option<String>,
    /// Roles and tablespaces. A dump of the whole cluster holds them already.
    pub(crate) globals: Option<String>,
    /// One for each database, in the configuration's order.
    pub(crate) databases: Vec<String>,
}

impl Files {
    pub(crate) fn of(section: &PostgresqlConfig) -> Self {
        let suffix = section.compress_mode.map_or("", CompressMode::suffix);
        let databases = section.databases.iter().flatten();
        let named = |base: &str| format!("{base}.txt{suffix}");
        Self {
            all: section.all.then(|| named("postgresqldump")),
            globals: (section.globals && !section.all).then(|| named("postgresqlglobals")),
            databases: databases
                .map(|name| named(&format!("postgresqldump-{}", escaped(name))))
                .collect(),
        }
    }

    /// All of them, each once: a database that is named twice has but one file.
    pub(crate) fn each(&self) -> Vec<&str> {
        let names = self.all.iter().chain(&self.globals).chain(&self.databases);
        let mut seen = std::collections::HashSet::new();
        names
            .map(String::as_str)
            .filter(|name| seen.insert(*name))
            .collect()
    }
}

fn escaped(database: &str) -> String {
    if database.contains('/') {
        database.replace('%', "%25").replace('/', "%2F")
    } else {
        database.to_owned()
    }
}

/// What is wrong with the name of the user, if anything is.
pub(crate) fn check_user(section: &PostgresqlConfig) -> Result<(), String> {
    section.user.iter().try_for_each(|user| check("user", user))
}

/// What is wrong with the databases' names, and the index of the first database it is wrong with.
pub(crate) fn check_databases(section: &PostgresqlConfig) -> Result<(), (usize, String)> {
    let mut owners = HashMap::new();
    let databases = section.databases.iter().flatten();
    for (index, (database, file)) in databases.zip(Files::of(section).databases).enumerate() {
        check("database", database).map_err(|cause| (index, cause))?;
        let other = *owners.entry(file.clone()).or_insert(database);
        if other != database {
            let cause = format!("databases {other:?} and {database:?} would share the file {file}");
            return Err((index, cause));
        }
    }
    Ok(())
}

fn check(what: &str, name: &str) -> Result<(), String> {
    if name.len() <= LONGEST_NAME {
        return Ok(());
    }
    let length = name.len();
    Err(format!(
        "{what} {name:?} has {length} bytes: a name in PostgreSQL has at most {LONGEST_NAME}"
    ))
}
