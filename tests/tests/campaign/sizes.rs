//! Memory does not grow with the input, whatever it looks like.

use cback_tests::{Random, end_of, figure, tool, wait_for};
use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

const MEGABYTE: usize = 1 << 20;

/// The peaks of memory, in megabytes, after each of `pieces`, each of them so many of the
/// `blocks`, a megabyte each.
fn peaks(
    mode: &str,
    threads: usize,
    mut blocks: impl FnMut() -> Vec<u8>,
    repeats: usize,
    pieces: usize,
) -> Vec<usize> {
    let mut compress = Command::new(tool("cback-compress"));
    compress.args(["--mode", mode, "--threads", &threads.to_string()]);
    let null = File::options().write(true).open("/dev/null").unwrap();
    let mut child = compress.stdin(Stdio::piped()).stdout(null).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut peaks = Vec::new();
    for piece in 1..=pieces {
        for _ in 0..repeats {
            stdin.write_all(&blocks()).unwrap();
        }
        let given = MEGABYTE * repeats * piece;
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

/// Rows of a dump, a megabyte of them.
fn rows() -> Vec<u8> {
    let row = |n: u32| {
        let key = n.wrapping_mul(2_654_435_761);
        format!("{n}\tcustomer {key:x}\t{}\n", n % 97)
    };
    let bytes = (0..).map(row).flat_map(String::into_bytes);
    bytes.take(MEGABYTE).collect()
}

/// In the debug profile's terms, too: the bounds of the release profile at two threads.
fn is_bounded_by_threads_alone(mode: &str, bound: usize, repeats: usize) {
    for block in [rows(), vec![b'x'; MEGABYTE]] {
        let peaks = peaks(mode, 2, || block.clone(), repeats, 3);
        assert!(peaks.iter().all(|&peak| peak <= bound), "{peaks:?}");
        assert!(peaks[2] <= peaks[1] + 2, "it grows: {peaks:?}");
    }
}

#[test]
fn memory_is_bounded_by_threads_alone_with_none() {
    is_bounded_by_threads_alone("none", 8, 40);
}

#[test]
fn memory_is_bounded_by_threads_alone_with_gzip() {
    is_bounded_by_threads_alone("gzip", 16, 20);
}

#[test]
fn memory_is_bounded_by_threads_alone_with_bzip2() {
    is_bounded_by_threads_alone("bzip2", 48, 6);
}

#[test]
fn memory_is_linear_in_threads() {
    for (mode, each) in [("gzip", 8), ("bzip2", 24)] {
        for threads in [1, 4] {
            let peak = peaks(mode, threads, rows, 6, 1)[0];
            assert!(peak <= 8 + each * threads, "{mode} {threads}: {peak}");
        }
    }
}

/// Megabytes that never come again: in turn 64 of rows, of random bytes, of hex digits, of zeros.
fn mixture() -> impl FnMut() -> Vec<u8> {
    let (rows, mut random, mut number) = (rows(), Random::new(1), 0);
    move || {
        let kind = number / 64 % 4;
        number += 1;
        match kind {
            0 => {
                let mut block = rows.clone();
                for piece in block.chunks_exact_mut(64) {
                    piece[..8].copy_from_slice(&random.number().to_le_bytes());
                }
                block
            }
            1 => random.bytes(MEGABYTE),
            2 => {
                let digit = |byte| b"0123456789abcdef"[usize::from(byte & 15)];
                random.bytes(MEGABYTE).into_iter().map(digit).collect()
            }
            _ => vec![0; MEGABYTE],
        }
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
