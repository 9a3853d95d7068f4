//! The names of the backups' files: Cedar Backup's own, made safe.
//!
//! A `/` in a database's name would lead out of `collect_dir`, so it becomes `%2F`; in such a name
//! `%` becomes `%25`. Only a name that was changed can meet another, and that is an error.

use std::collections::{HashMap, HashSet};

use crate::config::{CompressMode, PostgresqlConfig};

/// Bytes of the longest name that PostgreSQL keeps (its `NAMEDATALEN` less one). Three times as many,
/// every byte escaped, still make a file name that Linux takes (255 bytes).
const LONGEST_NAME: usize = 63;

/// Base names, in the order in which the backups are made; those not wanted are None.
pub(crate) struct Files {
    /// The whole cluster's.
    pub(crate) all: Option<String>,
    /// That of roles and tablespaces, which a dump of the whole cluster holds already.
    pub(crate) globals: Option<String>,
    /// One for each database, in the configuration's order.
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
        let of_database = |name: &String| file(&format!("postgresqldump-{}", escaped(name)));
        Self {
            all: section.all.then(|| file("postgresqldump")),
            globals: (section.globals && !section.all).then(|| file("postgresqlglobals")),
            databases: section
                .databases
                .iter()
                .flatten()
                .map(of_database)
                .collect(),
        }
    }

    /// The paths of all of them, each once: a database that is named twice has but one file.
    pub(crate) fn paths(self, collect_dir: &str) -> impl Iterator<Item = String> {
        let names = self
            .all
            .into_iter()
            .chain(self.globals)
            .chain(self.databases);
        let directory = collect_dir.trim_end_matches('/');
        let mut seen = HashSet::new();
        let names = names.filter(move |name| seen.insert(name.clone()));
        names.map(move |name| format!("{directory}/{name}"))
    }
}

fn escaped(database: &str) -> String {
    if database.contains('/') {
        database.replace('%', "%25").replace('/', "%2F")
    } else {
        database.to_owned()
    }
}

/// A name that no backup can be made under.
pub(crate) struct BadName {
    pub(crate) cause: String,
    /// Its element's name, and its place among those of that name.
    pub(crate) element: &'static str,
    pub(crate) index: usize,
}

/// Holds the names of the user and of the databases against PostgreSQL's limit, and the files' names
/// against each other.
pub(crate) fn check(section: &PostgresqlConfig) -> Result<(), BadName> {
    if let Some(user) = &section.user {
        check_length("user", 0, user)?;
    }
    let mut owners = HashMap::new();
    let databases = section.databases.iter().flatten();
    for (index, (name, file)) in databases.zip(Files::of(section).databases).enumerate() {
        check_length("database", index, name)?;
        let cause = format!("would share the file {file}");
        let other = *owners.entry(file).or_insert(name);
        if other != name {
            let cause = format!("databases {other:?} and {name:?} {cause}");
            return Err(BadName {
                cause,
                element: "database",
                index,
            });
        }
    }
    Ok(())
}

fn check_length(element: &'static str, index: usize, name: &str) -> Result<(), BadName> {
    let length = name.len();
    if length <= LONGEST_NAME {
        return Ok(());
    }
    let cause = format!(
        "{element} {name:?} has {length} bytes, and PostgreSQL's names at most {LONGEST_NAME}"
    );
    Err(BadName {
        cause,
        element,
        index,
    })
}
