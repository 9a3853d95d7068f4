//! The system calls of a run, as strace tells them, and faults that strace puts into them.

use crate::wrapped;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A call that has come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The process that made it.
    pub pid: String,
    /// `fsync`.
    pub name: String,
    /// As strace prints them, with the path of each descriptor in angle brackets.
    pub arguments: String,
    /// `0`, or `-1 EIO (...)`.
    pub result: String,
}

/// `command` under strace, which writes to `log`; `options` say what is traced.
pub fn traced(command: &Command, log: &Path, options: &[&str]) -> Command {
    let log = log.to_str().expect("a plain path");
    // --seccomp-bpf would be faster, but does not go with faults in all versions.
    let mut outer = vec!["strace", "-f", "-y", "-s", "200", "-o", log];
    outer.extend(options);
    outer.push("--");
    wrapped(&outer, command)
}

/// The calls in `log`, in the order in which they came back.
pub fn calls(log: &Path) -> Vec<Call> {
    let text = fs::read_to_string(log).expect("strace's log");
    let mut unfinished = std::collections::HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((pid, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        let whole = if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(pid.to_owned(), start.to_owned());
            continue;
        } else if rest.starts_with("<... ") {
            let end = rest.split_once(" resumed>").map_or("", |it| it.1);
            unfinished.remove(pid).unwrap_or_default() + end
        } else {
            rest.to_owned()
        };
        calls.extend(call(pid, &whole));
    }
    calls
}

/// None for signals, exits, and calls that never came back.
fn call(pid: &str, line: &str) -> Option<Call> {
    let (call, result) = line.rsplit_once(" = ")?;
    let (name, arguments) = call.trim_end().strip_suffix(')')?.split_once('(')?;
    Some(Call {
        pid: pid.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        result: result.to_owned(),
    })
}
