//! Memory does not grow with the input, whatever it looks like.

use cback_tests::{Random, end_of, figure, tool, wait_for};
use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

const MEGABYTE: usize = 1 << 20;

/// The peak of memory, in megabytes, after each eighth of so many megabytes.
fn peaks(mode: &str, threads: usize, megabytes: usize) -> Vec<usize> {
    let mut compress = Command::new(tool("cback-compress"));
    compress.args(["--mode", mode, "--threads", &threads.to_string()]);
    let null = File::options().write(true).open("/dev/null").unwrap();
    let mut child = compress.stdin(Stdio::piped()).stdout(null).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut blocks = blocks();
    let mut peaks = Vec::new();
    for eighth in 1..=8 {
        for block in blocks.by_ref().take(megabytes / 8) {
            stdin.write_all(&block).unwrap();
        }
        let given = MEGABYTE * (megabytes / 8) * eighth;
        let what = "it reads all but what a pipe holds";
        wait_for(what, Duration::from_secs(60), || {
            figure(child.id(), "io", "rchar") + MEGABYTE >= given
        });
        peaks.push(figure(child.id(), "status", "VmHWM") / 1024);
    }
    drop(stdin);
    assert!(end_of(&mut child).success());
    peaks
}

/// Megabytes that never come again: in turn one of rows, of random bytes, of hex digits, of zeros.
fn blocks() -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(1);
    let row = |n: u64| format!("{n}\tcustomer {}\t{}\n", n % 9_973, n % 97);
    let digit = |byte| b"0123456789abcdef"[usize::from(byte & 15)];
    (0..).map(move |number: u64| match number % 4 {
        0 => {
            let rows = (number << 16..).map(row).flat_map(String::into_bytes);
            rows.take(MEGABYTE).collect()
        }
        1 => random.bytes(MEGABYTE),
        2 => random.bytes(MEGABYTE).into_iter().map(digit).collect(),
        _ => vec![0; MEGABYTE],
    })
}

/// "Memory is bounded by threads and block size, never by the input": `CBACK_CAMPAIGN_GIGABYTES` of it, else
/// megabytes, with `CBACK_CAMPAIGN_THREADS`, else one and four.
#[test]
#[allow(clippy::print_stdout)] // a table for whoever runs it
fn memory_is_bounded_by_threads_alone() {
    let variable = |name| Some(std::env::var(name).ok()?.parse::<usize>().expect(name));
    let megabytes = variable("CBACK_CAMPAIGN_GIGABYTES").map_or(48, |it| it * 1024);
    let threads = variable("CBACK_CAMPAIGN_THREADS").map_or(vec![1, 4], |it| vec![it]);
    for (mode, each) in [("none", 0), ("gzip", 8), ("bzip2", 24)] {
        for &threads in &threads {
            let peaks = peaks(mode, threads, megabytes);
            println!("{mode}, {threads} threads, MiB after each eighth: {peaks:?}");
            assert!(peaks[7] <= 8 + each * threads, "{mode}: {peaks:?}");
            // All threads at once are seldom where each has its peak: it takes time to see it.
            let slack = peaks[3] / 8 + 2;
            assert!(peaks[7] <= peaks[3] + slack, "{mode} grows: {peaks:?}");
        }
    }
}
