//! `cback-pgconf` as a user runs it.

#![allow(dead_code, reason = "each test uses some of it")]

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// The program with these arguments.
pub(crate) fn pgconf<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cback-pgconf"));
    command.args(arguments);
    command
}

/// What it says when it is given a document on standard input.
pub(crate) fn given(document: impl AsRef<[u8]>, mut command: Command) -> Said {
    let pipes = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    // It may well end before it has read everything.
    let _ = input.write_all(document.as_ref());
    drop(input);
    child.wait_with_output().expect("the program ends").into()
}

/// What it says when standard input has nothing to say.
pub(crate) fn said(command: &mut Command) -> Said {
    let command = command.stdin(Stdio::null());
    command.output().expect("the program starts").into()
}

/// Status and output of one run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Asserts that this is what was said.
    #[track_caller]
    pub(crate) fn is(&self, status: i32, stdout: &str, stderr: &str) {
        let said = (self.status, self.stdout.as_str(), self.stderr.as_str());
        assert_eq!(said, (Some(status), stdout, stderr));
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}
