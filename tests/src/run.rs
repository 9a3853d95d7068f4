//! Running programs, none of them for ever.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// After this long a program hangs. The longest, an installation by apt, takes a minute, on a busy machine ten.
const LIMIT: Duration = Duration::from_secs(1200);

/// Running a command to its end, if it has one.
pub trait Run {
    /// How it ended and all that it said; it has no input. One that hangs is killed, and named by a panic.
    #[track_caller]
    fn run(&mut self) -> Output;

    /// Its stdout; it has to succeed.
    #[track_caller]
    fn prints(&mut self) -> String {
        let output = self.run();
        output.succeeds();
        output.printed()
    }
}

impl Run for Command {
    fn run(&mut self) -> Output {
        let child = started(self.stdin(Stdio::null()));
        finished(self, child)
    }
}

/// A program that has ended: its streams, and whether it ended as it should.
pub trait Finished {
    /// Its stderr.
    fn said(&self) -> String;
    /// Its stdout.
    fn printed(&self) -> String;
    /// Stderr of one that has to succeed.
    #[track_caller]
    fn succeeds(&self) -> String;
    /// Stderr of one that has to fail with this exit status.
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

/// Panics, showing `text`, unless it has these words.
#[track_caller]
pub fn assert_has(text: &str, words: &str) {
    assert!(text.contains(words), "no {words:?} in: {text}");
}

/// Panics, showing `text`, unless it has these words so many times.
#[track_caller]
pub fn assert_times(text: &str, times: usize, words: &str) {
    assert_eq!(text.matches(words).count(), times, "{words:?} in: {text}");
}

/// [`Run::run`] on `input`, all of which it need not read.
#[track_caller]
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Output {
    let mut child = started(command.stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().expect("a pipe");
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        finished(command, child)
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
fn finished(command: &Command, child: Child) -> Output {
    let pid = Pid::from_child(&child);
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(LIMIT) else {
        let _ = kill_process(pid, Signal::KILL);
        panic!("it does not end: {command:?}");
    };
    output.expect("a child of ours")
}

/// Waits for the end of a child to whose output nobody listens; one that hangs is killed.
#[track_caller]
pub fn end_of(child: &mut Child) -> ExitStatus {
    ended(child, LIMIT).unwrap_or_else(|| {
        let _ = child.kill();
        panic!("it does not end: {child:?}");
    })
}

/// The status of a child that ends before the deadline.
pub(crate) fn ended(child: &mut Child, deadline: Duration) -> Option<ExitStatus> {
    let mut status = None;
    comes_true(deadline, || {
        status = child.try_wait().expect("a child of ours");
        status.is_some()
    });
    status
}

/// Looks until `condition` holds; panics, naming `what`, when that takes longer than `deadline`.
#[track_caller]
pub fn wait_for(what: &str, deadline: Duration, condition: impl FnMut() -> bool) {
    let holds = comes_true(deadline, condition);
    assert!(holds, "waited {deadline:?} in vain: {what}");
}

/// Whether `condition` holds before the deadline.
pub(crate) fn comes_true(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !condition() {
        if start.elapsed() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    true
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

/// Asserts that `report_panics` ends `program` with status 1 and one line; to be called by a test named
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
