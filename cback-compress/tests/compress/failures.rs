//! "After any failure ... the stream is left unfinished, so that `gzip -t` and `bzip2 -t` refuse it,
//! and the exit status is 1."

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::time::Duration;

use cback_tests::trace::{calls, traced};
use cback_tests::{Finished, wait_for, wrapped};

use crate::samples::{BLOCK, hexadecimal, noise, text};
use crate::{FORMATS, compressed, is_whole, output_of, program, run, shell};

const MINUTE: Duration = Duration::from_secs(300);
const FULL: &str = "standard output: No space left on device (os error 28)";
const CLOSED: &str =
    "closed (or /dev/null opened for reading as well as writing, which looks the same)";

/// All that the program does, and megabytes of input for each.
fn uses() -> [(&'static str, Vec<u8>); 5] {
    let input = noise(3_000_000, 1);
    [
        ("-m none", input.clone()),
        ("-m gzip -p2", input.clone()),
        ("-m bzip2 -p2", input.clone()),
        ("-d -p2", compressed("", &input)),
        ("-d -p2", compressed("-m bzip2", &input)),
    ]
}

#[track_caller]
fn assert_fails(script: &str, input: &[u8], says: &str) {
    let said = run(&shell(script), input).fails(1);
    assert_eq!(said, format!("cback-compress: {says}\n"), "{script}");
}

#[test]
fn an_output_that_is_full_or_closed_or_a_closed_input_is_a_failure() {
    let closed = format!("standard output: {CLOSED}");
    for (arguments, input) in uses() {
        for (output, says) in [
            (">/dev/full", FULL),
            (">&-", &closed),
            ("1<>/dev/null", &closed),
        ] {
            assert_fails(&format!("\"$PROGRAM\" {arguments} {output}"), &input, says);
        }
    }
    let closed = format!("standard input: {CLOSED}");
    for input in ["<&-", "<>/dev/null"] {
        assert_fails(&format!("\"$PROGRAM\" {input}"), b"", &closed);
    }
    // A little is written only when all of it is there.
    for arguments in [
        "-m none",
        "-m gzip",
        "-m bzip2",
        "-h",
        "--help",
        "--version",
    ] {
        assert_fails(&format!("\"$PROGRAM\" {arguments} >/dev/full"), b"x", FULL);
    }
    let closed = format!("standard output: {CLOSED}");
    assert_fails("\"$PROGRAM\" --version >&-", b"", &closed);
}

/// Whoever has the other end of the same file may have made it so. Both ends here are slow.
#[test]
fn an_input_or_output_that_does_not_block_is_waited_for() {
    for (arguments, input) in uses() {
        let expected = output_of(&program(arguments), &input);
        let [(theirs, mut ours), (output, mut reader)] =
            [(); 2].map(|()| UnixStream::pair().unwrap());
        for end in [&theirs, &output] {
            end.set_nonblocking(true).unwrap();
        }
        let mut command = program(arguments);
        command
            .stdin(OwnedFd::from(theirs))
            .stdout(OwnedFd::from(output));
        let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
        drop(command);
        std::thread::spawn(move || input.chunks(1000).try_for_each(|few| ours.write_all(few)));
        let (mut output, mut few) = (Vec::new(), [0; 1000]);
        while let count @ 1.. = reader.read(&mut few).unwrap() {
            output.extend_from_slice(&few[..count]);
        }
        assert!(child.wait().unwrap().success(), "{arguments}");
        assert!(output == expected, "{arguments}");
    }
}

/// "No backtraces, no panics": with as much address space as copying takes, and a little more.
#[test]
fn memory_that_cannot_be_had_is_a_failure_with_a_message() {
    let limited = |limit: usize, arguments: &str| {
        wrapped(&["prlimit", &format!("--as={limit}")], &program(arguments))
    };
    let copies = |limit: &usize| run(&limited(*limit, "-m none"), b"x").status.success();
    let enough = (4 << 20..1 << 30).step_by(1 << 20).find(copies).unwrap();
    let says = "cback-compress: converting a block failed: out of memory\n";
    let bzip2 = compressed("-m bzip2", &text(900_000));
    for (arguments, input) in [("-p1 -m bzip2", text(900_000)), ("-p1 -t", bzip2)] {
        let said = run(&limited(enough + (3 << 20), arguments), &input).fails(1);
        assert_eq!(said, says, "{arguments}");
    }
    // Libraries that panic then get it for one thing after another.
    for input in [text(BLOCK), hexadecimal(BLOCK)] {
        let ends = (0..48).map(|more| run(&limited(enough + (more << 17), "-p1"), &input));
        let failures: Vec<_> = ends.filter(|end| !end.status.success()).collect();
        assert!(failures.len() > 8, "{}", failures.len());
        // The standard library ends by its own words and SIGABRT where it has no memory itself.
        let is_own = |end: &&Output| !end.said().starts_with("memory allocation of ");
        for failure in failures.iter().filter(is_own) {
            assert_eq!(failure.fails(1), says);
        }
    }
}

#[test]
fn dev_null_is_as_good_as_any_file() {
    output_of(&shell("\"$PROGRAM\" </dev/null | gzip -t"), b"");
}

/// A directory can be opened, but not read.
#[test]
fn an_input_that_cannot_be_read_leaves_it_unfinished() {
    for format in FORMATS {
        let done = run(&shell(&format!("\"$PROGRAM\" -m {format} </")), b"");
        let says = "cback-compress: standard input: Is a directory (os error 21)\n";
        assert_eq!(done.fails(1), says, "{format}");
        assert!(!is_whole(format, &done.stdout), "{format}");
    }
}

/// "A closed reader (EPIPE) is a failure too, a quiet one."
#[test]
fn a_reader_that_goes_away_is_a_quiet_failure() {
    for (arguments, input) in uses() {
        let script = format!("{{ \"$PROGRAM\" {arguments}; echo $? >&2; }} | head -c 1 >/dev/null");
        let said = run(&shell(&script), &input).succeeds();
        assert_eq!(said, "1\n", "{arguments}");
    }
}

/// The producer may take hours to write the next byte; it is not waited for.
#[test]
fn a_full_disk_is_noticed_while_the_input_is_silent() {
    for format in FORMATS {
        let mut command = program(&format!("-m {format} -p2"));
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        let full = File::create("/dev/full").unwrap();
        let mut child = command.stdout(full).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It may be gone before it has read all of this.
        let _ = stdin.write_all(&noise(6_000_000, 2));
        let mut status = None;
        wait_for("it ends", MINUTE, || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().code(), Some(1), "{format}");
        drop(stdin);
    }
}

/// Its output is twice what the pipe and we take, so it is never done by then.
#[test]
fn killed_it_leaves_a_stream_that_is_refused() {
    let input = &noise(5_000_000, 4);
    for format in FORMATS {
        for taken in [0, 1, 1000, 1_500_000] {
            let mut command = program(&format!("-m {format} -p2"));
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let mut output = child.stdout.take().unwrap();
            let mut written = vec![0; taken];
            std::thread::scope(|scope| {
                scope.spawn(move || stdin.write_all(input));
                output.read_exact(&mut written).unwrap();
                child.kill().unwrap();
            });
            assert_eq!(child.wait().unwrap().signal(), Some(9));
            output.read_to_end(&mut written).unwrap();
            assert!(
                !is_whole(format, &written),
                "{format}, {} bytes",
                written.len()
            );
        }
    }
}

#[test]
fn without_standard_error_the_status_remains() {
    for closed in ["2>&-", "2>/dev/full"] {
        for (arguments, status) in [("--seal x", 1), ("-0", 2)] {
            run(
                &shell(&format!("\"$PROGRAM\" {arguments} {closed}")),
                b"data",
            )
            .fails(status);
        }
        let data = output_of(
            &shell(&format!("\"$PROGRAM\" {closed} | gzip -dc")),
            b"data",
        );
        assert_eq!(data, b"data", "{closed}");
    }
}

/// Or the lines of several programs would mix.
#[test]
fn a_message_is_one_write() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let traced = traced(&program("--seal x"), log.path(), &["-e", "trace=write"]);
    let said = run(&traced, b"data").fails(1);
    let calls = calls(log.path()).into_iter();
    let writes = calls
        .filter(|call| call.arguments.starts_with("2<"))
        .count();
    assert_eq!((writes, said.lines().count()), (1, 1), "{said}");
}
