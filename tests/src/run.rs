//! Running programs, and what has become of them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// What a program that has ended said, and whether it ended as it should.
pub trait Finished {
    /// Its stderr.
    fn said(&self) -> String;
    /// Its stdout.
    fn printed(&self) -> String;
    /// What it said, of one that has to succeed.
    #[track_caller]
    fn succeeds(&self) -> String;
    /// What it said, of one that has to fail with this exit status.
    #[track_caller]
    fn fails(&self, code: i32) -> String;
}

impl Finished for Output {
    fn said(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    fn printed(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    fn succeeds(&self) -> String {
        assert!(self.status.success(), "{}: {}", self.status, self.said());
        self.said()
    }

    fn fails(&self, code: i32) -> String {
        let (status, said) = (self.status, self.said());
        assert_eq!(status.code(), Some(code), "{status}: {said}");
        said
    }
}

/// Runs `command` on `input`. That it does not read all of it is no matter.
#[track_caller]
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().expect("a child of ours")
    })
}

/// Starts `command`, which nobody listens to.
#[track_caller]
pub fn in_background(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null()).spawn().expect("it starts")
}

/// `outer ARGUMENTS... inner ITS-ARGUMENTS...`, in `inner`'s environment and directory: one command
/// run by another, such as `nice`, `prlimit`, `strace` or a shell.
pub fn wrapped(outer: &[&str], inner: &Command) -> Command {
    let mut command = Command::new(outer[0]);
    command.args(&outer[1..]);
    command.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(directory) = inner.get_current_dir() {
        command.current_dir(directory);
    }
    command
}

/// Writes an executable sh script, to stand in for a program.
pub fn shim(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("room for a script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("ours");
}

/// That `report_panics` ends `program` with status 1 and one line; to be called by a test named
/// `a_panic_is_one_line_and_status_1`. It runs again in a child, where the harness's own status would be 101.
#[track_caller]
pub fn assert_panic_is_one_line(program: &str, report_panics: fn()) {
    if std::env::var_os("CBACK_PANIC").is_some() {
        report_panics();
        panic!("two\nlines");
    }
    let mut test = Command::new(std::env::current_exe().expect("a test knows its own executable"));
    test.args(["a_panic_is_one_line_and_status_1", "--nocapture"]);
    let said = test
        .env("CBACK_PANIC", "")
        .output()
        .expect("it starts")
        .fails(1);
    assert!(
        said.starts_with(&format!("{program}: internal error: panicked at ")),
        "{said}"
    );
    assert!(
        said.ends_with(": two lines\n") && said.lines().count() == 1,
        "{said}"
    );
}
