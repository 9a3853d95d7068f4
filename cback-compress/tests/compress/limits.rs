//! How many threads there are, and how much memory they take, whatever the input is.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

use cback_tests::{Finished, figure, wrapped};

use crate::samples::{noise, text};
use crate::{compressed, program, run};

/// How many threads there are while `command` works on this input and waits for more.
#[track_caller]
fn threads(mut command: Command, input: &[u8]) -> usize {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdin.write_all(input).unwrap();
    // All threads are there before the first byte is written.
    stdout.read_exact(&mut [0]).unwrap();
    let threads = figure(child.id(), "status", "Threads");
    child.kill().unwrap();
    child.wait().unwrap();
    threads
}

/// One reads, one writes, and so many work between them; where one works, it does all.
#[test]
fn as_many_threads_work_as_asked_for_or_else_as_this_process_may_use_cores() {
    let input = text(2_000_000);
    let packed = compressed("-m bzip2 -1", &input);
    let allowed = std::fs::read_to_string("/proc/self/status").unwrap();
    let (_, cores) = allowed.split_once("Cpus_allowed_list:\t").unwrap();
    let first: String = cores.chars().take_while(char::is_ascii_digit).collect();
    let on_one_core = |arguments| wrapped(&["taskset", "-c", &first], &program(arguments));
    let all = match available_parallelism().unwrap().get() {
        1 => 1,
        cores => cores + 2,
    };
    for (command, input, expected) in [
        (on_one_core(""), &input, 1),
        (on_one_core("-m bzip2 -1"), &input, 1),
        (on_one_core("-p3"), &input, 5),
        (program("-p1"), &input, 1),
        (program(""), &input, all),
        (program("-d"), &packed, all),
        (program("-d -p3"), &packed, 5),
    ] {
        let what = format!("{command:?}");
        assert_eq!(threads(command, input), expected, "{what}");
    }
}

/// Runs it on two threads; the most memory that it has at once, in KiB.
#[track_caller]
fn assert_takes(arguments: &str, input: &[u8], status: i32, most: u64) {
    let arguments = format!("{arguments} -p2");
    let timed = wrapped(&["time", "-q", "-f", "%M"], &program(&arguments));
    let said = run(&timed, input).fails(status);
    let memory: u64 = said.lines().last().unwrap().parse().unwrap();
    assert!(memory < most, "{arguments}: {memory} KiB");
}

#[test]
fn memory_to_pack() {
    let input = noise(60_000_000, 4);
    assert_takes("-m none", &input, 0, 8_192);
    assert_takes("-m gzip", &input, 0, 24_000);
    assert_takes("-m bzip2 -1", &input, 0, 24_000);
}

#[test]
fn memory_to_unpack() {
    let gzip = compressed("", &text(500_000)).repeat(100);
    assert_takes("-t", &gzip, 0, 16_384);
    let bzip2 = compressed("-m bzip2", &text(2_000_000)).repeat(20);
    assert_takes("-t", &bzip2, 0, 48_000);
    // Blocks that unpack to 46 MB each.
    let zeros = compressed("-m bzip2", &vec![0; 100_000_000]).repeat(3);
    assert_takes("-t", &zeros, 0, 64_000);
}

#[test]
fn memory_for_a_block_without_end() {
    let endless = noise(100_000_000, 4);
    for start in [&b"BZh91AY&SY"[..], b"BZh9"] {
        assert_takes("-t", &[start, &endless].concat(), 1, 32_768);
    }
}
