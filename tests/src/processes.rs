//! Processes, as `/proc` tells of them.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A living process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its number.
    pub pid: Pid,
    /// The kernel's name for it: the program's, at most 15 bytes of it.
    pub name: String,
    /// `/proc/NUMBER: ARGUMENTS`, for a person.
    pub line: String,
}

impl Process {
    /// Sends a signal; one that has just gone does not mind.
    pub fn send(&self, signal: Signal) {
        let _ = kill_process(self.pid, signal);
    }

    /// The files that it has open, and that have no name.
    pub fn unnamed_files(&self) -> Vec<Metadata> {
        let directory = format!("/proc/{}/fd", self.pid.as_raw_nonzero());
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let open = entries.filter_map(|entry| fs::metadata(entry.path()).ok());
        open.filter(|it| it.is_file() && it.nlink() == 0).collect()
    }

    /// All that have `variable`, which is `NAME=value`, in their environment.
    pub fn with_variable(variable: &str) -> Vec<Self> {
        Self::find(|of| has_variable(of, variable))
    }

    /// All that name `path` in their arguments.
    pub fn with_argument(path: &Path) -> Vec<Self> {
        let path = path.display().to_string();
        let arguments = |of: &Path| fs::read(of.join("cmdline")).unwrap_or_default();
        Self::find(|of| String::from_utf8_lossy(&arguments(of)).contains(&path))
    }

    /// All of whose directory in `/proc` this is true.
    pub(crate) fn find(is_wanted: impl Fn(&Path) -> bool) -> Vec<Self> {
        let entries = fs::read_dir("/proc").expect("/proc").flatten();
        let directories = entries.map(|entry| entry.path());
        let wanted = directories.filter(|it| is_wanted(it));
        wanted.filter_map(|it| Self::at(&it)).collect()
    }

    fn at(directory: &Path) -> Option<Self> {
        let number = directory.file_name()?.to_str()?.parse().ok()?;
        let read = |name| fs::read(directory.join(name)).unwrap_or_default();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Some(Self {
            pid: Pid::from_raw(number)?,
            name: text(read("comm")).trim_end().to_owned(),
            line: format!("{}: {}", directory.display(), text(read("cmdline"))),
        })
    }
}

/// Whether the process of this directory in `/proc` has `NAME=value` in its environment.
pub(crate) fn has_variable(directory: &Path, variable: &str) -> bool {
    let bytes = fs::read(directory.join("environ")).unwrap_or_default();
    let mut variables = bytes.split(|&byte| byte == 0);
    variables.any(|it| it == variable.as_bytes())
}

/// The number after `name:` in `/proc/PID/FILE`.
pub fn figure(pid: u32, file: &str, name: &str) -> usize {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).expect("a process of ours");
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let mut values = lines.filter(|(it, _)| *it == name).map(|(_, value)| value);
    let value = values.next().expect(name).split_whitespace().next();
    value.and_then(|it| it.parse().ok()).expect("a number")
}
