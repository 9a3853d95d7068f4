//! Running programs, ours and the ones that ours must agree with.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file takes what it needs"
)]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;

/// What a program that has ended left.
#[derive(Debug)]
pub struct Done {
    /// None when a signal ended it.
    pub status: Option<i32>,
    pub signal: Option<i32>,
    pub output: Vec<u8>,
    pub errors: String,
}

pub fn ours() -> Command {
    Command::new(env!("CARGO_BIN_EXE_cback-compress"))
}

/// Our program, from start to end.
pub fn compress(arguments: &[&str], input: &[u8]) -> Done {
    run(ours().args(arguments), input)
}

/// The output of our program, which has to succeed in silence.
#[track_caller]
pub fn compressed(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let done = compress(arguments, input);
    assert_eq!((done.status, &*done.errors), (Some(0), ""), "{arguments:?}");
    done.output
}

/// `line` is split at blanks.
pub fn other(line: &str) -> Command {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    command
}

pub fn python(program: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", program]);
    command
}

/// Runs `command` on `input`; that it does not read all of it is no matter.
#[track_caller]
pub fn run(command: &mut Command, input: &[u8]) -> Done {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        wait(child)
    })
}

/// Waits for `child`, reading what it writes.
pub fn wait(child: Child) -> Done {
    let done = child.wait_with_output().unwrap();
    Done {
        status: done.status.code(),
        signal: done.status.signal(),
        output: done.stdout,
        errors: String::from_utf8(done.stderr).unwrap(),
    }
}

/// Whether the format's own program takes `stream` for a whole one.
pub fn is_whole(mode: &str, stream: &[u8]) -> bool {
    let done = run(&mut other(&format!("{mode} -t")), stream);
    done.status == Some(0)
}

/// Gives out so many bytes at a time.
pub struct Slices<'a> {
    pub bytes: &'a [u8],
    pub at_once: usize,
}

impl Read for Slices<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let (now, later) = self.bytes.split_at(self.at_once.min(self.bytes.len()));
        let count = { now }.read(buffer)?;
        self.bytes = if count < now.len() {
            &self.bytes[count..]
        } else {
            later
        };
        Ok(count)
    }
}

/// Random bytes, the same for the same seed (`SplitMix64`).
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut word = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8))
        .flat_map(|_| word().to_le_bytes())
        .collect();
    bytes.truncate(length);
    bytes
}

/// What a table of text looks like in a dump.
pub fn text(length: usize) -> Vec<u8> {
    let words = [
        "backup",
        "of",
        "the",
        "table",
        "\\N",
        "customer",
        "2026-11-22",
        "über",
        "none",
    ];
    let mut bytes = Vec::with_capacity(length + 64);
    for (row, chance) in noise(length / 2 + 8, 7).chunks(8).enumerate() {
        bytes.extend(format!("{row}\t{}\t", u16::from(chance[0]) * 251).bytes());
        for byte in chance {
            bytes.extend(words[usize::from(*byte) % words.len()].bytes());
            bytes.push(if byte % 5 == 0 { b'\t' } else { b' ' });
        }
        bytes.push(b'\n');
    }
    assert!(bytes.len() >= length);
    bytes.truncate(length);
    bytes
}

/// bytea of something compressed, as a dump has it.
pub fn hexadecimal(length: usize) -> Vec<u8> {
    let digits = b"0123456789abcdef";
    let both = |byte: u8| {
        [
            digits[usize::from(byte >> 4)],
            digits[usize::from(byte & 15)],
        ]
    };
    noise(length / 2, 11).into_iter().flat_map(both).collect()
}
