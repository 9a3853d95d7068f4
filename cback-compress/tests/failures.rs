//! What is left when something goes wrong: an exit status, a line, and never a whole stream.
#![allow(clippy::unwrap_used)]

mod program;

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use program::{Done, compress, is_whole, noise, ours, run, text, wait};

const MODES: [&str; 2] = ["gzip", "bzip2"];
const SEAL: &str = "seal-3f9c01";
const SEAL_MISSING: &str = "cback-compress: the input is incomplete, without its seal at the end: the output is left unfinished\n";

/// Nothing, a little, less than a block, several of any format.
fn lengths() -> [usize; 4] {
    [0, 1000, 400_000, 3_000_000]
}

#[track_caller]
fn assert_unfinished(mode: &str, done: &Done, errors: &str) {
    assert_eq!((done.status, &*done.errors), (Some(1), errors), "{mode}");
    assert!(!is_whole(mode, &done.output), "{mode} finished its stream");
}

#[track_caller]
fn assert_seal_missing(input: &[u8]) {
    for mode in MODES {
        let done = compress(&["-m", mode, "-p2", "--seal", SEAL], input);
        assert_unfinished(mode, &done, SEAL_MISSING);
    }
}

#[test]
fn a_sealed_input_is_compressed_without_its_seal() {
    for length in lengths() {
        let input = text(length);
        for mode in MODES {
            let sealed = [&input[..], SEAL.as_bytes()].concat();
            let done = compress(&["-m", mode, "--seal", SEAL], &sealed);
            assert_eq!((done.status, &*done.errors), (Some(0), ""));
            let unpacked = run(&mut program::other(&format!("{mode} -dc")), &done.output);
            assert!(unpacked.output == input, "{mode}, {length} bytes");
        }
    }
}

#[test]
fn an_input_without_seal_leaves_it_unfinished() {
    for length in lengths() {
        assert_seal_missing(&text(length));
    }
}

#[test]
fn a_seal_that_is_cut_short_leaves_it_unfinished() {
    for length in lengths() {
        for kept in 1..SEAL.len() {
            assert_seal_missing(&[&text(length), &SEAL.as_bytes()[..kept]].concat());
        }
    }
}

#[test]
fn a_seal_that_stands_earlier_leaves_it_unfinished() {
    for length in lengths() {
        assert_seal_missing(&[SEAL.as_bytes(), &text(length), b"."].concat());
        assert_seal_missing(&[&text(length), SEAL.as_bytes(), b"\n"].concat());
    }
}

#[test]
fn a_seal_without_its_first_byte_leaves_it_unfinished() {
    assert_seal_missing(&SEAL.as_bytes()[1..]);
    assert_seal_missing(&[b"x", &SEAL.as_bytes()[1..]].concat());
}

#[test]
fn only_the_last_of_two_seals_is_taken_off() {
    let done = compress(
        &["-m", "none", "--seal", SEAL],
        [SEAL, SEAL].concat().as_bytes(),
    );
    assert_eq!((done.status, done.output), (Some(0), SEAL.into()));
}

#[test]
fn a_seal_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;
    let seal = std::ffi::OsStr::from_bytes(b"\xff\xfe\n");
    let done = run(
        ours().args(["-m", "none", "--seal"]).arg(seal),
        b"data\xff\xfe\n",
    );
    assert_eq!((done.status, done.output), (Some(0), b"data".to_vec()));
}

/// A directory can be opened, but not read.
#[test]
fn an_input_that_cannot_be_read_leaves_it_unfinished() {
    for mode in MODES {
        let mut command = ours();
        command.args(["-m", mode]).stdin(File::open("/").unwrap());
        let done = wait(
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let errors = "cback-compress: standard input: Is a directory (os error 21)\n";
        assert_unfinished(mode, &done, errors);
    }
}

/// Every write to /dev/full fails as on a full disk.
#[test]
fn a_full_disk_is_a_failure() {
    for mode in ["none", "gzip", "bzip2"] {
        for length in [1, 3_000_000] {
            let mut command = ours();
            command.args(["-m", mode, "-p2"]);
            let done = run_into(
                &mut command,
                File::create("/dev/full").unwrap(),
                &text(length),
            );
            let full = "cback-compress: standard output: No space left on device (os error 28)\n";
            assert_eq!(
                (done.status, &*done.errors),
                (Some(1), full),
                "{mode}, {length} bytes"
            );
        }
    }
}

fn run_into(command: &mut std::process::Command, output: File, input: &[u8]) -> Done {
    command
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        wait(child)
    })
}

fn start(arguments: &[&str]) -> Child {
    let mut command = ours();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits without reading what it writes.
#[track_caller]
fn ended(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("still running after a minute");
}

/// Writes until nobody reads any more.
fn feed(mut stdin: ChildStdin, bytes: &[u8]) {
    while stdin.write_all(bytes).is_ok() {}
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_failure() {
    for mode in ["none", "gzip", "bzip2"] {
        let mut child = start(&["-m", mode, "-p2"]);
        let stdin = child.stdin.take().unwrap();
        let mut first = [0];
        let mut output = child.stdout.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| feed(stdin, &noise(1 << 20, 1)));
            output.read_exact(&mut first).unwrap();
            drop(output);
        });
        assert_eq!(ended(&mut child), Some(1), "{mode}");
        assert_eq!(wait(child).errors, "", "{mode}");
    }
}

/// The producer may take hours to write the next byte; it is not waited for.
#[test]
fn a_full_disk_is_noticed_while_the_input_is_silent() {
    for mode in MODES {
        let mut command = ours();
        command.args(["-m", mode, "-p2"]).stdin(Stdio::piped());
        command
            .stdout(File::create("/dev/full").unwrap())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It may be gone before it has read all of this.
        let _ = stdin.write_all(&noise(6_000_000, 2));
        assert_eq!(ended(&mut child), Some(1), "{mode}");
        drop(stdin);
    }
}

/// Its output is twice what the pipe and we take, so it is never done by then.
#[test]
fn killed_it_leaves_a_stream_that_is_refused() {
    let input = noise(5_000_000, 4);
    for mode in MODES {
        for taken in [0, 1, 10, 1000, 100_000, 1_500_000] {
            let mut child = start(&["-m", mode, "-p2"]);
            let mut stdin = child.stdin.take().unwrap();
            let mut output = child.stdout.take().unwrap();
            let mut written = vec![0; taken];
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let _ = stdin.write_all(&input);
                    drop(stdin);
                });
                output.read_exact(&mut written).unwrap();
                child.kill().unwrap();
            });
            assert_eq!(child.wait().unwrap().signal(), Some(9));
            output.read_to_end(&mut written).unwrap();
            assert!(!is_whole(mode, &written), "{mode}, {} bytes", written.len());
        }
    }
}

/// As it is when the pipeline's first half is killed: end of file, and no seal.
#[test]
fn a_producer_that_is_killed_leaves_a_stream_that_is_refused() {
    for mode in MODES {
        let mut producer = std::process::Command::new("sh");
        producer
            .args(["-c", "cat; kill -9 $$"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut producer = producer.spawn().unwrap();
        let mut command = ours();
        command
            .args(["-m", mode, "--seal", SEAL])
            .stdin(producer.stdout.take().unwrap());
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        producer
            .stdin
            .take()
            .unwrap()
            .write_all(&text(1_000_000))
            .unwrap();
        assert_eq!(producer.wait().unwrap().signal(), Some(9));
        let done = wait(child);
        assert_eq!(done.status, Some(1), "{mode}");
        assert!(!is_whole(mode, &done.output), "{mode}");
    }
}
