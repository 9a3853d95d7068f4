//! `--die-with PID`: for scripts, whose filters must not outlive them.

use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cback_tests::Finished;

use crate::samples::noise;
use crate::{output_of, program, run, shell};

#[test]
fn a_child_of_that_process_works_as_ever() {
    // Not the shell's last command, which it might replace itself with.
    let script = "\"$PROGRAM\" --die-with $$ -m none --seal x; exit $?";
    assert_eq!(output_of(&shell(script), b"datax"), b"data");
}

#[test]
fn another_process_is_refused_before_anything_is_done() {
    for pid in [std::process::id(), 1, i32::MAX.cast_unsigned()] {
        let done = run(&program(&format!("-m none --die-with {pid}")), b"data");
        let says = format!(
            "cback-compress: --die-with {pid}: the parent process is not {pid}, or has ended\n"
        );
        assert_eq!((done.fails(1), done.printed()), (says, String::new()));
    }
}

/// Its input stays open, so only being killed makes it close its output.
#[test]
fn it_is_killed_when_its_parent_is() {
    let mut parent = shell("\"$PROGRAM\" -m none -p1 --die-with $$; exit $?")
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
    assert_eq!(end.recv_timeout(Duration::from_secs(300)), Ok(true));
    drop(input);
}
