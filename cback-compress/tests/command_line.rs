//! Options, usage errors, and the process's own three descriptors.
#![allow(clippy::unwrap_used)]

mod program;

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

use program::{compress, compressed, ours, run, text, wait};

#[track_caller]
fn assert_usage_error(arguments: &[&str], says: &str) {
    let done = compress(arguments, b"data");
    let left = (done.status, &done.output[..]);
    assert_eq!(left, (Some(2), &b""[..]), "{arguments:?}");
    let errors = &done.errors;
    assert!(
        errors.starts_with("error: ") && errors.contains(says),
        "{errors}"
    );
}

#[test]
fn wrong_usage_is_told_apart_by_status_2() {
    assert_usage_error(&["--threads", "0"], "'--threads <N>'");
    assert_usage_error(&["--threads", "1025"], "1025 is not in 1..=1024");
    assert_usage_error(&["-p", "20000"], "20000 is not in 1..=1024");
    assert_usage_error(&["-p", "-1"], "");
    assert_usage_error(&["-p", "many"], "'many'");
    assert_usage_error(&["-m", "zip"], "'zip'");
    assert_usage_error(&["-0"], "'-0'");
    assert_usage_error(&["--seal", ""], "'--seal <WORD>'");
    assert_usage_error(&["--seal"], "'--seal <WORD>'");
    assert_usage_error(&["--fast"], "'--fast'");
    assert_usage_error(&["file"], "'file'");
    assert_usage_error(&["--", "-1"], "'-1'");
}

#[test]
fn what_is_for_packing_is_wrong_usage_where_the_input_is_unpacked() {
    for unpack in ["-d", "-t", "--decompress", "--test"] {
        for packing in [
            &["-m", "gzip"][..],
            &["--mode=none"],
            &["-1"],
            &["-6"],
            &["-9"],
            &["--seal", "x"],
            &["--fsync"],
        ] {
            let other = packing[0].split('=').next().unwrap();
            assert_usage_error(&[&[unpack], packing].concat(), other);
            assert_usage_error(&[packing, &[unpack]].concat(), other);
        }
    }
    assert_usage_error(&["-d", "-t"], "'--test'");
    assert_usage_error(&["-dt"], "'--test'");
}

#[test]
fn the_most_threads_are_not_too_many() {
    let input = text(3_000_000);
    assert_eq!(
        compressed(&["-p", "1024"], &input),
        compressed(&["-p", "1"], &input)
    );
}

#[test]
fn the_last_level_counts() {
    let input = text(200_000);
    let nine = compressed(&["-9"], &input);
    assert_ne!(nine, compressed(&["-1"], &input));
    assert_eq!(nine, compressed(&["-1", "-9"], &input));
    assert_eq!(nine, compressed(&["-19"], &input));
}

#[test]
fn the_default_level_is_6_for_gzip_and_9_for_bzip2() {
    let input = text(1_000_000);
    assert_eq!(compressed(&[], &input), compressed(&["-6"], &input));
    let bzip2 = |level| compressed(&["-m", "bzip2", level], &input);
    assert_eq!(compressed(&["-m", "bzip2"], &input), bzip2("-9"));
    assert_ne!(bzip2("-1"), bzip2("-9"));
}

#[test]
fn help_and_version_go_to_standard_output() {
    let version = compress(&["--version"], b"");
    let expected = format!("cback-compress {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(version.output, expected.as_bytes());
    for help in ["-h", "--help"] {
        let done = compress(&[help], b"");
        assert_eq!((done.status, &*done.errors), (Some(0), ""));
        let text = String::from_utf8(done.output).unwrap();
        let options = [
            "--mode",
            "-1",
            "-9",
            "--threads",
            "--seal",
            "--fsync",
            "--progress",
            "--decompress",
            "--test",
            "--die-with",
        ];
        assert!(options.iter().all(|option| text.contains(option)), "{text}");
    }
}

fn shell(script: &str, input: &[u8]) -> program::Done {
    let path = env!("CARGO_BIN_EXE_cback-compress");
    run(
        Command::new("sh")
            .args(["-c", script])
            .env("COMPRESS", path),
        input,
    )
}

#[track_caller]
fn assert_fails(script: &str, says: &str) {
    let done = shell(script, b"data");
    assert_eq!((done.status, &*done.errors), (Some(1), says), "{script}");
}

const CLOSED: &str =
    "closed (or /dev/null opened for reading as well as writing, which looks the same)";

#[test]
fn a_full_or_closed_output_is_a_failure_whatever_the_format() {
    let full = "cback-compress: standard output: No space left on device (os error 28)\n";
    let closed = format!("cback-compress: standard output: {CLOSED}\n");
    for arguments in ["", "-m bzip2", "-m none"] {
        assert_fails(&format!(r#""$COMPRESS" {arguments} >/dev/full"#), full);
        for output in [">&-", "1<>/dev/null"] {
            assert_fails(&format!(r#""$COMPRESS" {arguments} {output}"#), &closed);
        }
    }
}

#[test]
fn a_closed_input_is_a_failure() {
    let closed = format!("cback-compress: standard input: {CLOSED}\n");
    for input in ["<&-", "<>/dev/null"] {
        assert_fails(&format!(r#""$COMPRESS" {input}"#), &closed);
    }
}

#[test]
fn dev_null_is_as_good_as_any_file() {
    let done = shell(r#""$COMPRESS" --fsync </dev/null >/dev/null"#, b"");
    assert_eq!((done.status, &*done.errors), (Some(0), ""));
    let done = shell(r#""$COMPRESS" </dev/null | gzip -t"#, b"");
    assert_eq!((done.status, &*done.errors), (Some(0), ""));
}

#[test]
fn without_standard_error_the_status_remains() {
    for closed in ["2>&-", "2>/dev/full"] {
        let done = shell(&format!(r#""$COMPRESS" --seal x {closed}"#), b"data");
        assert_eq!(done.status, Some(1), "{closed}");
        let done = shell(&format!(r#""$COMPRESS" -0 {closed}"#), b"data");
        assert_eq!(done.status, Some(2), "{closed}");
        let done = shell(&format!(r#""$COMPRESS" {closed} | gzip -dc"#), b"data");
        assert_eq!(done.output, b"data", "{closed}");
    }
}

/// Runs it under strace, which tells the calls as they happened.
#[test]
fn fsync_flushes_a_file_after_its_last_byte() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("data.gz");
    let trace = directory.path().join("trace");
    let mut command = Command::new("strace");
    command
        .args(["-f", "-e", "trace=write,fsync", "-o"])
        .arg(&trace);
    command
        .arg(ours().get_program())
        .arg("--fsync")
        .stdin(Stdio::piped());
    let mut child = command
        .stdout(File::create(&file).unwrap())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&text(2_000_000))
        .unwrap();
    assert_eq!(wait(child).status, Some(0));
    let trace = std::fs::read_to_string(trace).unwrap();
    let calls: Vec<_> = trace.lines().collect();
    let sync = calls
        .iter()
        .rposition(|call| call.contains("fsync("))
        .unwrap();
    assert!(
        calls[..sync].iter().any(|call| call.contains("write(")),
        "{trace}"
    );
    assert!(
        !calls[sync..].iter().any(|call| call.contains("write(")),
        "{trace}"
    );
    assert!(program::is_whole("gzip", &std::fs::read(&file).unwrap()));
}

#[test]
fn fsync_of_a_pipe_does_nothing() {
    let stream = compressed(&["--fsync"], b"data");
    assert_eq!(
        run(&mut program::other("gzip -dc"), &stream).output,
        b"data"
    );
}
