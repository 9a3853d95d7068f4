//! The names of the backups' files: Cedar Backup's own, made safe.
//!
//! A `/` in a database's name would lead out of `collect_dir`, so it becomes `%2F`; in such a name
//! `%` becomes `%25`. Only a name that was changed can meet another, and that is an error.
//!
//! Names are bytes: those of a server are in whatever encoding they were created.

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
    pub(crate) all: Option<Vec<u8>>,
    /// The file of roles and tablespaces, which a dump of the whole cluster holds already.
    pub(crate) globals: Option<Vec<u8>>,
    /// The databases that have a file each, none of them twice, and that file.
    pub(crate) databases: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Files {
    /// The files of a section; `listed` are the databases of the server, the largest first, if these are known. Without
    /// them the databases come in the section's order, and none of a section that separates all.
    pub(crate) fn of(section: &PostgresqlConfig, listed: Option<&[Vec<u8>]>) -> Self {
        let is_whole = section.all && !section.separate;
        let has_globals = section.all || section.globals;
        let mut seen = HashSet::new();
        let wanted = databases(section, listed).into_iter();
        let wanted = wanted.filter(|name| seen.insert(name.clone()));
        Self {
            all: is_whole.then(|| file(section, b"postgresqldump")),
            globals: (has_globals && !is_whole).then(|| file(section, b"postgresqlglobals")),
            databases: wanted
                .map(|it| (it.clone(), file_of(section, &it)))
                .collect(),
        }
    }

    /// All of them, each once: two databases may share one.
    pub(crate) fn names(self) -> impl Iterator<Item = Vec<u8>> {
        let databases = self.databases.into_iter().map(|(_, file)| file);
        let names = self.all.into_iter().chain(self.globals).chain(databases);
        let mut seen = HashSet::new();
        names.filter(move |name| seen.insert(name.clone()))
    }
}

fn databases(section: &PostgresqlConfig, listed: Option<&[Vec<u8>]>) -> Vec<Vec<u8>> {
    let listed = listed.unwrap_or_default();
    if section.all && section.separate {
        let excluded: HashSet<_> = section.excluded.iter().map(String::as_bytes).collect();
        let wanted = listed.iter().filter(|name| !excluded.contains(&***name));
        return wanted.cloned().collect();
    }
    let named = section.databases.iter().flatten();
    let mut named: Vec<_> = named.map(|name| name.clone().into_bytes()).collect();
    let places: HashMap<_, _> = listed.iter().zip(0..).collect();
    named.sort_by_key(|name| places.get(name).copied().unwrap_or(usize::MAX));
    named
}

fn file(section: &PostgresqlConfig, base: &[u8]) -> Vec<u8> {
    let suffix = match section.compress_mode {
        Some(CompressMode::Gzip) => ".gz",
        Some(CompressMode::Bzip2) => ".bz2",
        Some(CompressMode::None) | None => "",
    };
    [base, b".txt", suffix.as_bytes()].concat()
}

/// The file of this database.
fn file_of(section: &PostgresqlConfig, database: &[u8]) -> Vec<u8> {
    let has_slash = database.contains(&b'/');
    let escaped = database.iter().flat_map(|byte| match byte {
        b'/' => &b"%2F"[..],
        b'%' if has_slash => b"%25",
        byte => std::slice::from_ref(byte),
    });
    let base = b"postgresqldump-".iter().chain(escaped).copied();
    file(section, &base.collect::<Vec<_>>())
}

/// Whether a file of this name is one that a backup is written to, of whatever database.
pub(crate) fn is_ours(name: &[u8]) -> bool {
    let packed = [&b".gz"[..], b".bz2"];
    let plain = packed.iter().find_map(|suffix| name.strip_suffix(*suffix));
    let base = plain.unwrap_or(name).strip_suffix(b".txt");
    base.is_some_and(|base| {
        matches!(base, b"postgresqldump" | b"postgresqlglobals")
            || base.starts_with(b"postgresqldump-")
    })
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
    for (value, name) in section.valued("database") {
        let file = file_of(values, name.as_bytes());
        let shared = format!("would share the file {}", String::from_utf8_lossy(&file));
        let other = *owners.entry(file).or_insert(name);
        if other != name {
            return Err(value.fault(format!("databases {other:?} and {name:?} {shared}")));
        }
    }
    Ok(())
}
