//! The processes that a test has started, known by a mark in their environment.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
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
}

/// All that live with `mark`, which is `NAME=value`, in their environment.
pub(crate) fn marked(mark: &str) -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries
        .filter_map(|entry| process(&entry.path(), mark))
        .collect()
}

fn process(directory: &Path, mark: &str) -> Option<Process> {
    let number = directory.file_name()?.to_str()?.parse().ok()?;
    let environment = fs::read(directory.join("environ")).ok()?;
    environment
        .split(|&byte| byte == 0)
        .find(|&variable| variable == mark.as_bytes())?;
    let read = |name| fs::read(directory.join(name)).unwrap_or_default();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some(Process {
        pid: Pid::from_raw(number)?,
        name: text(read("comm")).trim_end().to_owned(),
        line: format!("{}: {}", directory.display(), text(read("cmdline"))),
    })
}
