//! "`--fsync`: after the last byte, flush stdout to the disk (a no-op where stdout is no file)."

use cback_tests::Finished;
use cback_tests::trace::{calls, traced};
use tempfile::tempdir;

use crate::samples::text;
use crate::{compressed, is_whole, other, output_of, run, shell};

const SCRIPT: &str = "exec \"$PROGRAM\" --fsync >\"$FILE\"";

#[test]
fn a_file_is_flushed_once_after_its_last_byte() {
    let directory = tempdir().unwrap();
    let (file, log) = (
        directory.path().join("data.gz"),
        directory.path().join("log"),
    );
    let mut command = shell(SCRIPT);
    command.env("FILE", &file);
    let traced = traced(&command, &log, &["-e", "trace=write,fsync"]);
    run(&traced, &text(2_000_000)).succeeds();
    assert!(is_whole("gzip", &std::fs::read(&file).unwrap()));
    let on_file = |arguments: &str| arguments.contains(file.to_str().unwrap());
    let calls = calls(&log)
        .into_iter()
        .filter(|call| on_file(&call.arguments));
    let names: Vec<_> = calls.map(|call| call.name).collect();
    let (last, before) = names.split_last().unwrap();
    assert_eq!(last, "fsync");
    assert!(
        !before.is_empty() && before.iter().all(|name| name == "write"),
        "{names:?}"
    );
}

#[test]
fn a_flush_that_fails_is_a_failure() {
    let directory = tempdir().unwrap();
    let log = directory.path().join("log");
    let mut command = shell(SCRIPT);
    command.env("FILE", directory.path().join("data.gz"));
    let faults = ["-e", "trace=fsync", "-e", "inject=fsync:error=EIO"];
    let said = run(&traced(&command, &log, &faults), b"data").fails(1);
    let expected = "cback-compress: standard output: Input/output error (os error 5)\n";
    assert_eq!(said, expected);
}

#[test]
fn what_is_no_file_needs_no_flush() {
    let stream = compressed("--fsync", b"data");
    assert_eq!(output_of(&other("gzip -dc"), &stream), b"data");
    output_of(&shell("\"$PROGRAM\" --fsync >/dev/null"), b"data");
}
