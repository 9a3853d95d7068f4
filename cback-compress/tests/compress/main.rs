//! `cback-compress` as its users see it, and the library behind it.

#![allow(clippy::unwrap_used, reason = "the helpers of tests")]

mod bzip2;
mod command_line;
mod die_with;
mod digest;
mod failures;
mod files;
mod fsync;
mod limits;
mod output;
mod progress;
mod samples;
mod seal;
mod unpack;

use std::io::Read;
use std::num::NonZeroUsize;
use std::process::{Command, Output};

use cback_compress::{Error, Mode, Options};
use cback_tests::{Finished, run_with_input, wrapped};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cback-compress");

/// The modes that have a program of the same name.
const FORMATS: [&str; 2] = ["gzip", "bzip2"];

/// A program; its arguments are parted by blanks.
fn other(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    command
}

/// The program; its arguments are parted by blanks.
fn program(arguments: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments.split_whitespace());
    command
}

/// A script that has the program's path in `$PROGRAM`.
fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).env("PROGRAM", PROGRAM);
    command
}

fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", script]);
    command
}

/// Runs `command` on `input`. What takes longer than a quarter of an hour is killed.
#[track_caller]
fn run(command: &Command, input: &[u8]) -> Output {
    let timeout = ["timeout", "--signal=KILL", "900"];
    run_with_input(&mut wrapped(&timeout, command), input)
}

/// The output of `command`, which has to succeed and to say nothing.
#[track_caller]
fn output_of(command: &Command, input: &[u8]) -> Vec<u8> {
    let done = run(command, input);
    let end = (done.status.code(), done.said());
    assert_eq!(end, (Some(0), String::new()), "{command:?}");
    done.stdout
}

/// The output of the program, which has to succeed and to say nothing.
#[track_caller]
fn compressed(arguments: &str, input: &[u8]) -> Vec<u8> {
    output_of(&program(arguments), input)
}

/// Whether the format's own program takes `stream` for a whole one.
#[track_caller]
fn is_whole(format: &str, stream: &[u8]) -> bool {
    let done = run(&other(&format!("{format} -t")), stream);
    match done.status.code() {
        Some(0) => true,
        Some(1 | 2) => false,
        _ => panic!("{format} -t: {}: {}", done.status, done.said()),
    }
}

/// The library's [`Options`].
fn options(mode: Mode, level: u8, threads: usize, seal: &[u8]) -> Options {
    Options {
        mode,
        level: Some(level),
        threads: NonZeroUsize::new(threads),
        seal: seal.to_vec(),
    }
}

/// The library's result, and all that it wrote.
fn packed(input: impl Read + Send + 'static, options: &Options) -> (Result<(), Error>, Vec<u8>) {
    let mut output = Vec::new();
    let result = cback_compress::compress(input, &mut output, options);
    (result, output)
}
