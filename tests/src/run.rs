//! Running programs, none of them for ever, and what has become of them.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// After this long a program hangs. What takes longest, an installation by apt, takes a minute.
const LIMIT: Duration = Duration::from_secs(300);

/// Running a command to its end, if it has one.
pub trait Run {
    /// How it ended and all that it said; it has no input. One that hangs is killed, and named by a panic.
    #[track_caller]
    fn run(&mut self) -> Output;

    /// What it prints; it has to succeed.
    #[track_caller]
    fn prints(&mut self) -> String {
        let output = self.run();
        output.succeeds();
        output.printed()
    }
}

impl Run for Command {
    fn run(&mut self) -> Output {
        self.stdin(Stdio::null());
        let child = started(self);
        finished(self, child, LIMIT)
    }
}

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
        let (status, said) = (self.status, self.said());
        assert!(status.success(), "{status}: {}{said}", self.printed());
        said
    }

    fn fails(&self, code: i32) -> String {
        let (status, said) = (self.status, self.said());
        assert_eq!(status.code(), Some(code), "{status}: {said}");
        said
    }
}

/// [`Run::run`] on `input`. That it does not read all of it is no matter.
#[track_caller]
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Output {
    let mut child = started(command.stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().expect("a pipe");
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        finished(command, child, LIMIT)
    })
}

#[track_caller]
fn started(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    child.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Another thread waits, since waiting for a child and for the end of its output has no limit.
#[track_caller]
fn finished(command: &Command, child: Child, limit: Duration) -> Output {
    let pid = Pid::from_child(&child);
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(limit) else {
        let _ = kill_process(pid, Signal::KILL);
        panic!("it does not end: {command:?}");
    };
    output.expect("a child of ours")
}

/// Waits for the end of a child to whose output nobody listens; one that hangs is killed.
#[track_caller]
pub fn end_of(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            return status;
        }
        if start.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("it does not end: {child:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
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
    copy_environment(inner, &mut command);
    if let Some(directory) = inner.get_current_dir() {
        command.current_dir(directory);
    }
    command
}

/// Gives `to` the variables that `from` has.
pub fn copy_environment(from: &Command, to: &mut Command) {
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
}

/// Program and arguments as a line for a shell. There is no single quote in them.
pub fn shell_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.display())).collect();
    words.join(" ")
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
    let said = test.env("CBACK_PANIC", "").run().fails(1);
    let start = format!("{program}: internal error: panicked at ");
    let is_whole = said.starts_with(&start) && said.ends_with(": two lines\n");
    assert!(is_whole && said.lines().count() == 1, "{said}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "it does not end: \"sleep\" \"1000\"")]
    fn waiting_for_a_program_ends() {
        let mut command = Command::new("sleep");
        let child = started(command.arg("1000"));
        finished(&command, child, Duration::from_millis(20));
    }
}
