//! System calls of a run, by strace, which can put faults into them.

use crate::wrapped;
use std::collections::HashMap;
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
    /// In strace's form, with the path of each descriptor in angle brackets.
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
    let mut unfinished = HashMap::new();
    let mut calls = Vec::new();
    for (pid, line) in text.lines().filter_map(|line| line.split_once(' ')) {
        let line = line.trim_start();
        if let Some(start) = line.strip_suffix(" <unfinished ...>") {
            unfinished.insert(pid, start);
        } else if let Some((_, end)) = line.split_once(" resumed>") {
            let start = unfinished.remove(pid).unwrap_or_default();
            calls.extend(call(pid, &format!("{start}{end}")));
        } else {
            calls.extend(call(pid, line));
        }
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
