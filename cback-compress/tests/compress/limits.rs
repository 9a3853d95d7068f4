//! "Memory is bounded by threads and block size, never by the input"

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

use cback_tests::{Finished, figure, wrapped};

use crate::samples::{BLOCK, noise, text};
use crate::{compressed, program, run};

/// How many threads there are while `command` works on this input and waits for more.
#[track_caller]
fn threads(command: &mut Command, input: &[u8]) -> usize {
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
    let input = text(4 * BLOCK);
    let packed = compressed("-m bzip2 -1", &input);
    let allowed = fs::read_to_string("/proc/self/status").unwrap();
    let (_, cores) = allowed.split_once("Cpus_allowed_list:\t").unwrap();
    let first: String = cores.chars().take_while(char::is_ascii_digit).collect();
    let on_one_core = |arguments| wrapped(&["taskset", "-c", &first], &program(arguments));
    let all = match available_parallelism().unwrap().get() {
        1 => 1,
        cores => cores.min(8) + 2,
    };
    for (mut command, input, expected) in [
        (on_one_core(""), &input, 1),
        (on_one_core("-m bzip2 -1"), &input, 1),
        (on_one_core("-p3"), &input, 5),
        (program("-p1"), &input, 1),
        (program(""), &input, all),
        (program("-d"), &packed, all),
        (program("-d -p3"), &packed, 5),
    ] {
        let what = format!("{command:?}");
        assert_eq!(threads(&mut command, input), expected, "{what}");
    }
}

#[test]
fn memory_depends_on_threads_and_blocks_and_not_on_the_input() {
    let noise = noise(48_000_000, 4);
    let less_noise = noise[..24_000_000].to_vec();
    let gzip = compressed("", &text(500_000)).repeat(60);
    let bzip2 = compressed("-m bzip2", &text(2_000_000)).repeat(20);
    // Its blocks unpack to 46 MB each.
    let zeros = compressed("-m bzip2", &vec![0; 100_000_000]).repeat(2);
    // These blocks too, but they are not packed as well.
    let runs = noise[..500_000]
        .iter()
        .flat_map(|&byte| [byte; 250])
        .collect::<Vec<_>>();
    let runs = compressed("-m bzip2", &runs).repeat(4);
    let [endless_block, endless_header] =
        [&b"BZh91AY&SY"[..], b"BZh9"].map(|start| [start, &noise].concat());
    for (arguments, input, status, kib) in [
        ("-p2 -m none", &noise, 0, 8_000),
        ("-p2 -m gzip", &noise, 0, 40_000),
        ("-p2 -m bzip2 -1", &less_noise, 0, 16_000),
        ("-p2 -t", &gzip, 0, 16_000),
        ("-p2 -t", &bzip2, 0, 48_000),
        ("-p2 -t", &zeros, 0, 24_000),
        ("-p2 -t", &endless_block, 1, 32_000),
        ("-p2 -t", &endless_header, 1, 32_000),
        ("-p16 -t", &zeros, 0, 24_000),
        ("-p16 -t", &runs, 0, 160_000),
    ] {
        let command = program(arguments);
        let said = run(&wrapped(&["time", "-q", "-f", "%M"], &command), input).fails(status);
        let most: usize = said.lines().last().unwrap().parse().unwrap();
        assert!(
            most < kib,
            "{arguments}: {most} KiB, expected less than {kib}"
        );
    }
}
