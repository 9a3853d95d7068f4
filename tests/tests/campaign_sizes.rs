//! Memory does not grow with the input, whatever it looks like.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{tool, wait_for};
use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const MEGABYTE: usize = 1 << 20;

/// Peak memory so far, in megabytes.
fn peak(child: &Child) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() / 1024
}

/// What it has read of what it was given, bytes.
fn read_by(child: &Child) -> usize {
    let counts = fs::read_to_string(format!("/proc/{}/io", child.id())).unwrap();
    let line = counts.lines().find(|line| line.starts_with("rchar: "));
    line.unwrap()["rchar: ".len()..].parse().unwrap()
}

/// The peaks after each of `pieces`, each of them `repeats` times `block`.
fn peaks(mode: &str, threads: &str, block: &[u8], repeats: usize, pieces: usize) -> Vec<usize> {
    let mut compress = Command::new(tool("cback-compress"));
    compress.args(["--mode", mode, "--threads", threads]);
    let null = fs::OpenOptions::new()
        .write(true)
        .open("/dev/null")
        .unwrap();
    let mut child = compress.stdin(Stdio::piped()).stdout(null).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut peaks = Vec::new();
    for piece in 1..=pieces {
        for _ in 0..repeats {
            stdin.write_all(block).unwrap();
        }
        let given = block.len() * repeats * piece;
        wait_for(
            "it reads all but what a pipe holds",
            Duration::from_secs(60),
            || read_by(&child) + MEGABYTE >= given,
        );
        peaks.push(peak(&child));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
    peaks
}

/// Rows of a dump, a megabyte of them.
fn rows() -> Vec<u8> {
    let row = |n: u32| {
        format!(
            "{n}\tcustomer {:x}\t{}\n",
            n.wrapping_mul(2_654_435_761),
            n % 97
        )
    };
    (0..)
        .map(row)
        .flat_map(String::into_bytes)
        .take(MEGABYTE)
        .collect()
}

/// In the debug profile's terms, too: the bounds of the release profile at two threads.
#[test]
fn memory_is_bounded_by_threads_alone() {
    for (mode, bound, repeats) in [("none", 8, 40), ("gzip", 16, 20), ("bzip2", 48, 6)] {
        for block in [rows(), vec![b'x'; MEGABYTE]] {
            let peaks = peaks(mode, "2", &block, repeats, 3);
            assert!(peaks.iter().all(|&peak| peak <= bound), "{mode}: {peaks:?}");
            assert!(peaks[2] <= peaks[1] + 2, "{mode} grows: {peaks:?}");
        }
    }
}

#[test]
fn memory_is_linear_in_threads() {
    for (mode, each) in [("gzip", 8), ("bzip2", 24)] {
        for threads in [1, 4] {
            let peaks = peaks(mode, &threads.to_string(), &rows(), 6, 1);
            assert!(
                peaks[0] <= 8 + each * threads,
                "{mode} {threads}: {peaks:?}"
            );
        }
    }
}
