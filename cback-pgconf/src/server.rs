//! A server's databases beside a configuration: those that it forgets, and files of those that are gone.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use crate::config::PostgresqlConfig;
use crate::fault::Fault;
use crate::files::{self, Files};

/// Bytes of a list; a million databases of the longest names have less.
const LONGEST_LIST: u64 = 64 << 20;

/// Bytes of the names that one line holds, and lines of one kind: of a failing hook cback3 shows the last ten.
const LINE: usize = 500;
const MOST_LINES: usize = 2;

/// Names of files that are remembered; more than there is room for in those lines.
const MOST_LEFT: usize = 1000;

/// Every server may have them, listed or not, so it is no mistake to exclude them.
const OF_INITDB: [&[u8]; 3] = [b"postgres", b"template0", b"template1"];

/// Reads names that each end in NUL.
///
/// # Errors
///
/// The file cannot be read, breaks off, or has an empty name or more than 64 MiB.
pub(crate) fn read_names(path: &Path) -> Result<Vec<Vec<u8>>, Fault> {
    let fault = |cause: &str| Fault::new(format!("{}: {cause}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(path).map(|file| file.take(LONGEST_LIST));
    let length = file.and_then(|mut file| file.read_to_end(&mut bytes));
    let length = length.map_err(|error| fault(&error.to_string()))?;
    if length as u64 == LONGEST_LIST {
        return Err(fault("more than 64 MiB of names"));
    }
    if !bytes.is_empty() && bytes.pop() != Some(0) {
        return Err(fault("the last name does not end in NUL"));
    }
    if length == 0 {
        return Ok(Vec::new());
    }
    let names: Vec<_> = bytes.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
    if names.iter().any(Vec::is_empty) {
        return Err(fault("a name is empty"));
    }
    Ok(names)
}

/// A run should tell of all this.
pub(crate) struct Found {
    /// Databases that the configuration neither means nor excludes; those that are gone since they were backed up;
    /// names that are excluded for nothing; files in the directory of nothing that the configuration means.
    pub(crate) warnings: Vec<Fault>,
    /// The places, from 1 on, that databases that are gone have among those that are backed up.
    pub(crate) gone: Vec<usize>,
}

/// Holds the databases of the server, if they are known, and the files in `directory` against a section; `backed_up`
/// are those that it backs up, where it does not name them and they have been listed before.
///
/// # Errors
///
/// The directory cannot be read.
pub(crate) fn compare(
    section: &PostgresqlConfig,
    listed: Option<&[Vec<u8>]>,
    backed_up: Option<&[Vec<u8>]>,
    directory: &Path,
) -> Result<Found, Fault> {
    let is_separate = section.all && section.separate;
    let meant = backed_up.or(listed);
    let files = Files::of(section, meant);
    let (mut warnings, mut gone) = (Vec::new(), Vec::new());
    if let Some(listed) = listed {
        let meant = || files.databases.iter().map(|(name, _)| &**name);
        let listed = || listed.iter().map(Vec::as_slice);
        let excluded = || section.excluded.iter().map(String::as_bytes);
        if is_separate {
            let there: HashSet<_> = listed().collect();
            let missing = (1..).zip(meant()).filter(|(_, name)| !there.contains(name));
            let (numbers, names): (_, Vec<_>) = missing.unzip();
            let cause = "dropped or renamed during the run";
            warnings.extend(lines(cause, names.into_iter(), 0));
            gone = numbers;
        }
        if is_separate || !section.all {
            let cause = if is_separate {
                "created during the run, so not backed up"
            } else {
                "neither named nor excluded, so not backed up"
            };
            let known: HashSet<_> = meant().chain(excluded()).collect();
            let forgotten = listed().filter(|name| !known.contains(name));
            warnings.extend(lines(cause, forgotten, 0));
        }
        let mut known: HashSet<_> = listed().chain(OF_INITDB).collect();
        let cause = "excluded, but the server has no such database to back up";
        let for_nothing = excluded().filter(|name| known.insert(name));
        warnings.extend(lines(cause, for_nothing, 0));
    }
    if meant.is_some() || !is_separate {
        warnings.extend(left(&files.names().collect(), directory)?);
    }
    Ok(Found { warnings, gone })
}

/// Files in `directory` that have a backup's name, but none of `meant`.
fn left(meant: &HashSet<Vec<u8>>, directory: &Path) -> Result<Vec<Fault>, Fault> {
    let fault = |error| Fault::new(format!("{}: {error}", directory.display()));
    let (mut left, mut more) = (BTreeSet::new(), 0);
    for entry in fs::read_dir(directory).map_err(fault)? {
        let name = entry.map_err(fault)?.file_name().into_vec();
        if files::is_ours(&name) && !meant.contains(&name) {
            left.insert(name);
        }
        if left.len() > MOST_LEFT {
            left.pop_last();
            more += 1;
        }
    }
    let cause = "in collect_dir, but of nothing that is backed up any more";
    Ok(lines(cause, left.iter().map(Vec::as_slice), more))
}

/// As many names in a line as it has room for; `more` are to be counted besides.
fn lines<'n>(cause: &str, names: impl Iterator<Item = &'n [u8]>, mut more: usize) -> Vec<Fault> {
    let mut lines: Vec<String> = Vec::new();
    let has_room = |line: &&mut String, name: &str| line.len() + name.len() < LINE;
    for name in names {
        let name = format!("{:?}", String::from_utf8_lossy(name));
        let is_full = lines.len() == MOST_LINES;
        match lines.last_mut().filter(|line| has_room(line, &name)) {
            Some(line) => line.extend([", ", &name]),
            None if is_full => more += 1,
            None => lines.push(name),
        }
    }
    lines.extend((more > 0).then(|| format!("{more} more")));
    let lines = lines.into_iter();
    lines
        .map(|it| Fault::new(format!("{cause}: {it}")))
        .collect()
}
