//! "`--digest FILE`: the SHA-256 of what was written", and of what was read where it is unpacked.

use std::fs;
use std::path::Path;
use std::process::Command;

use cback_tests::Finished;
use cback_tests::trace::{calls, traced};
use tempfile::tempdir;

use crate::samples::mixed;
use crate::{other, output_of, program, run};

/// The program in `directory`, with its digest in `digest`.
fn digesting(directory: &Path, arguments: &str) -> Command {
    let mut command = program(arguments);
    command.args(["--digest", "digest"]).current_dir(directory);
    command
}

/// The line that `sha256sum` has for `bytes`, without its name.
fn sha256sum(bytes: &[u8]) -> String {
    let line = String::from_utf8(output_of(&other("sha256sum"), bytes)).unwrap();
    line.replace("  -", "")
}

#[test]
fn it_is_of_the_packed_side() {
    let directory = tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    let digest = || {
        let digest = fs::read_to_string(file("digest")).unwrap();
        fs::remove_file(file("digest")).unwrap();
        digest
    };
    for mode in ["none", "gzip", "bzip2"] {
        let pack = format!("-m {mode} -p3 --seal end");
        let input = [&mixed()[..], b"end"].concat();
        let packed = output_of(&digesting(directory.path(), &pack), &input);
        let expected = sha256sum(&packed);
        assert_eq!(digest(), expected, "{mode} to standard output");

        let output = format!("{pack} --output packed");
        output_of(&digesting(directory.path(), &output), &input);
        assert_eq!(digest(), expected, "{mode} to a file");

        let readings: &[&str] = match mode {
            "none" => &["-m none --input packed"],
            _ => &["-d -p3 --input packed", "-t -p3 --input packed"],
        };
        for arguments in readings {
            output_of(&digesting(directory.path(), arguments), b"");
            assert_eq!(digest(), expected, "{arguments}");
        }
        fs::remove_file(file("packed")).unwrap();
    }
}

#[test]
fn there_is_none_after_a_failure() {
    let directory = tempdir().unwrap();
    let damaged = [&output_of(&program(""), b"data")[..], b"more"].concat();
    for (arguments, input) in [
        ("--seal end", &b"data"[..]),
        ("--seal end --output packed", b"data"),
        ("-d", &damaged),
        ("-t", &damaged),
    ] {
        run(&digesting(directory.path(), arguments), input).fails(1);
        assert!(!directory.path().join("digest").exists(), "{arguments}");
    }
}

/// A file that has its name has a digest, too.
#[test]
fn it_is_written_before_the_file_has_its_name() {
    let directory = tempdir().unwrap();
    let log = directory.path().join("log");
    let command = digesting(directory.path(), "--output packed");
    run(
        &traced(&command, &log, &["-e", "trace=write,linkat"]),
        b"data",
    )
    .succeeds();
    let names: Vec<_> = calls(&log).into_iter().map(|call| call.name).collect();
    assert!(
        names.ends_with(&["write".to_owned(), "linkat".to_owned()]),
        "{names:?}"
    );

    fs::write(directory.path().join("packed"), "yesterday's").unwrap();
    let mut command = program("--output packed --digest /dev/full");
    let said = run(command.current_dir(directory.path()), b"data").fails(1);
    let cause = "No space left on device (os error 28)";
    assert_eq!(
        said,
        format!("cback-compress: packed: /dev/full: {cause}\n")
    );
    let file = fs::read(directory.path().join("packed")).unwrap();
    assert_eq!(file, b"yesterday's");
}

/// "`--report`": what a script has to know, in a line on a pipe, of a file that is published and of one that is not.
#[test]
fn a_report_tells_what_became_of_the_file() {
    let directory = tempdir().unwrap();
    for name in ["plain", "two\nlines \\"] {
        let report = |arguments: &str, input: &[u8]| {
            let mut command = program(arguments);
            command.args(["--report", "7", "--output", name]);
            let done = run(command.current_dir(directory.path()), input);
            let report = String::from_utf8(done.stdout.clone()).unwrap();
            (report, done)
        };
        let (published, done) = report("-m none", &mixed());
        done.succeeds();
        let mut sum = Command::new("sha256sum");
        let sum = output_of(sum.arg(name).current_dir(directory.path()), b"");
        let [word, seconds, bytes, size, made, line] =
            published.splitn(6, ' ').collect::<Vec<_>>()[..]
        else {
            panic!("{published}");
        };
        assert!(seconds.parse::<u32>().is_ok(), "{published}");
        let length = mixed().len().to_string();
        assert_eq!([word, bytes, size], ["7", &length, "-"]);
        let digits = made.replace(|it: char| it.is_ascii_digit(), "9");
        assert_eq!(digits, "9999-99-99T99:99:99Z");
        assert_eq!(line.as_bytes(), sum);

        let (half, less) = (
            &mixed()[..mixed().len() / 2],
            &mixed()[..mixed().len() / 2 - 1],
        );
        for (data, word) in [(half, "-"), (&mixed(), "-"), (less, "shrunk")] {
            let (published, done) = report("-m none", data);
            let warns = done.succeeds().contains("warning");
            assert_eq!(warns, word == "shrunk", "{published}");
            let middle = format!(" {} {word} ", data.len());
            assert!(published.contains(&middle), "{published}");
        }

        // Nothing else is said of a missing seal; and a file that is there is named, as in the line above.
        let path = directory.path().join(name);
        assert!(fs::read(&path).unwrap() == less);
        let (mark, name) = line.split_once(|it: char| it != '\\').unwrap();
        let entry = format!("{mark}?{}", &name[63..]);
        let full = "--digest /dev/full";
        for (entry, arguments, outcome, is_told) in [
            (entry.as_str(), "--seal end", "unsealed", false),
            (&entry, full, "failed", true),
            ("\n", full, "failed", true),
        ] {
            if entry == "\n" {
                fs::remove_file(&path).unwrap();
            }
            let (published, done) = report(arguments, b"data");
            assert_eq!(published, format!("7 {outcome} 0 - - {entry}"));
            assert_eq!(done.fails(1).is_empty(), !is_told);
        }
    }
}

/// "A message is one write", of one line: a script has it begin with what it is about.
#[test]
fn a_message_begins_with_the_label() {
    let directory = tempdir().unwrap();
    let mut command = program("-t");
    command
        .args(["--input", "no\nfile"])
        .env("CBACK_LABEL", "a script: ");
    let said = run(command.current_dir(directory.path()), b"").fails(1);
    let cause = "No such file or directory (os error 2)";
    assert_eq!(
        said,
        format!("a script: cback-compress: no?file: {cause}\n")
    );
}
