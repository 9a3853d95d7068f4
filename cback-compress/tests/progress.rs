//! `--progress`, on a terminal and elsewhere.
#![allow(clippy::unwrap_used)]

mod program;

use std::process::Command;

use program::{compressed, run, text};

#[test]
fn progress_is_silent_where_nobody_looks() {
    let input = text(3_000_000);
    assert_eq!(compressed(&["--progress"], &input), compressed(&[], &input));
}

/// What a terminal shows of the program, with these arguments and input, and then of `echo next`.
fn screen(arguments: &str, input: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("input");
    std::fs::write(&file, input).unwrap();
    let line = format!(
        "{} --progress {arguments} <{} >/dev/null; echo next",
        env!("CARGO_BIN_EXE_cback-compress"),
        file.display()
    );
    // `script` makes a terminal.
    let done = run(
        Command::new("script").args(["-qec", &line, "/dev/null"]),
        b"",
    );
    assert_eq!(done.status, Some(0));
    String::from_utf8(done.output).unwrap()
}

#[test]
fn progress_shows_bytes_and_their_ratio_on_a_terminal() {
    let input = text(3_000_000);
    let packed = compressed(&[], &input);
    let copying = screen("-m none", &input);
    assert!(
        copying.contains("3.00 MB in, 3.00 MB out (100.0 %), "),
        "{copying:?}"
    );
    for unpack in ["-d", "-t"] {
        let unpacking = screen(unpack, &packed);
        assert!(unpacking.contains(" in, 3.00 MB out ("), "{unpacking:?}");
    }
}

/// Neither an empty field, before anything is written, nor the next program's line glued to it.
#[test]
fn progress_leaves_a_whole_line_of_its_own() {
    for (arguments, input) in [
        ("-m none", text(1000)),
        ("--seal x", text(900_000)),
        ("-d", vec![]),
    ] {
        let screen = screen(arguments, &input);
        assert!(
            screen.contains(" in, ") && !screen.contains(", ,"),
            "{screen:?}"
        );
        assert!(
            screen.contains(" out (") && screen.ends_with("\nnext\r\n"),
            "{screen:?}"
        );
        let error = screen.find("cback-compress: ");
        assert!(
            error.is_none_or(|at| screen[..at].ends_with('\n')),
            "{screen:?}"
        );
    }
}
