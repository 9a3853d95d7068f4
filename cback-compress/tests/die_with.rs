//! `--die-with PID`: for scripts, whose filters must not outlive them.
#![allow(clippy::unwrap_used)]

mod program;

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use program::{compress, noise, run};

/// A shell that starts the program as its child; `"$PROGRAM"` is ours.
fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .env("PROGRAM", env!("CARGO_BIN_EXE_cback-compress"));
    command
}

#[test]
fn a_child_of_that_process_works_as_ever() {
    for arguments in ["-m none", "-m none --seal x"] {
        // Not the shell's last command, which it might replace itself with.
        let script = format!(r#""$PROGRAM" --die-with $$ {arguments}; exit $?"#);
        let done = run(&mut shell(&script), b"datax");
        assert_eq!((done.status, &*done.errors), (Some(0), ""), "{arguments}");
        assert!(done.output.starts_with(b"data"), "{arguments}");
    }
}

#[test]
fn another_process_is_refused_before_anything_is_done() {
    let grandparent = std::os::unix::process::parent_id();
    for pid in [grandparent, 1, i32::MAX.cast_unsigned()] {
        let done = compress(&["-m", "none", "--die-with", &pid.to_string()], b"data");
        let says = format!(
            "cback-compress: --die-with {pid}: the parent process is not {pid}, or has ended\n"
        );
        assert_eq!((done.status, done.errors), (Some(1), says));
        assert_eq!(done.output, b"");
    }
}

#[test]
fn what_is_no_process_is_wrong_usage() {
    for pid in ["0", "-1", "x", "", "4294967297"] {
        let done = compress(&[&format!("--die-with={pid}")], b"");
        assert_eq!(done.status, Some(2), "{pid:?}");
    }
}

/// Its input stays open, so only being killed makes it close its output.
#[test]
fn it_is_killed_when_its_parent_is() {
    let script = r#""$PROGRAM" -m none -p1 --die-with $$; exit $?"#;
    let mut parent = shell(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = parent.stdin.take().unwrap();
    let mut output = parent.stdout.take().unwrap();
    // Enough that some of it comes out again: by then it has asked the kernel.
    input.write_all(&noise(600_000, 5)).unwrap();
    output.read_exact(&mut [0]).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(output.read_to_end(&mut Vec::new()).is_ok()));
    assert_eq!(end.recv_timeout(Duration::from_secs(60)), Ok(true));
    drop(input);
}
