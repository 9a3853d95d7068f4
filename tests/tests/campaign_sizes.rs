//! Memory does not grow with the input, whatever it looks like.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Dice, tool, wait_for};
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

/// The peaks after each of `pieces`, each of them so many of the `blocks`, a megabyte each.
fn peaks(
    mode: &str,
    threads: usize,
    mut blocks: impl FnMut() -> Vec<u8>,
    repeats: usize,
    pieces: usize,
) -> Vec<usize> {
    let mut compress = Command::new(tool("cback-compress"));
    compress.args(["--mode", mode, "--threads", &threads.to_string()]);
    let null = fs::OpenOptions::new()
        .write(true)
        .open("/dev/null")
        .unwrap();
    let mut child = compress.stdin(Stdio::piped()).stdout(null).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut peaks = Vec::new();
    for piece in 1..=pieces {
        for _ in 0..repeats {
            stdin.write_all(&blocks()).unwrap();
        }
        let given = MEGABYTE * repeats * piece;
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
            let peaks = peaks(mode, 2, || block.clone(), repeats, 3);
            assert!(peaks.iter().all(|&peak| peak <= bound), "{mode}: {peaks:?}");
            assert!(peaks[2] <= peaks[1] + 2, "{mode} grows: {peaks:?}");
        }
    }
}

#[test]
fn memory_is_linear_in_threads() {
    for (mode, each) in [("gzip", 8), ("bzip2", 24)] {
        for threads in [1, 4] {
            let peaks = peaks(mode, threads, rows, 6, 1);
            assert!(
                peaks[0] <= 8 + each * threads,
                "{mode} {threads}: {peaks:?}"
            );
        }
    }
}

/// Megabytes that never come again: in turn 64 of rows, of random bytes, of hex digits, of zeros.
fn mixture() -> impl FnMut() -> Vec<u8> {
    let (rows, mut dice, mut number) = (rows(), Dice::new(1), 0);
    move || {
        let kind = number / 64 % 4;
        number += 1;
        let mut block = if kind == 0 {
            rows.clone()
        } else {
            vec![0; MEGABYTE]
        };
        let spacing = if kind == 0 { 64 } else { 8 };
        for piece in block.chunks_exact_mut(spacing).filter(|_| kind != 3) {
            let random = dice.below(u64::MAX).to_le_bytes();
            piece[..8].copy_from_slice(&random);
            for byte in piece.iter_mut().filter(|_| kind == 2) {
                *byte = b"0123456789abcdef"[usize::from(*byte & 15)];
            }
        }
        block
    }
}

/// `CBACK_CAMPAIGN_GIGABYTES`, else 20, with `CBACK_CAMPAIGN_THREADS`, else each number from 1 to 16.
#[allow(clippy::print_stdout)] // a table for whoever runs it
fn stays_the_same(mode: &str, each: usize) {
    let variable = |name| Some(std::env::var(name).ok()?.parse::<usize>().expect(name));
    let repeats = variable("CBACK_CAMPAIGN_GIGABYTES").unwrap_or(20) * 1024 / 8;
    let only = variable("CBACK_CAMPAIGN_THREADS");
    for threads in only.map_or(1..=16, |threads| threads..=threads) {
        let peaks = peaks(mode, threads, mixture(), repeats, 8);
        println!("{mode}, {threads} threads, MiB after each eighth: {peaks:?}");
        assert!(peaks[7] <= 8 + each * threads, "{mode}: {peaks:?}");
        // That many threads at once are seldom where each has its peak: it takes time to see it.
        let slack = peaks[1] / 8 + 2;
        assert!(peaks[7] <= peaks[1] + slack, "{mode} grows: {peaks:?}");
    }
}

#[test]
#[ignore = "takes an hour"]
fn memory_stays_the_same_with_gzip() {
    stays_the_same("gzip", 8);
}

#[test]
#[ignore = "takes hours"]
fn memory_stays_the_same_with_bzip2() {
    stays_the_same("bzip2", 24);
}
