//! "`--progress`: bytes in, bytes out and rate on stderr while it works, if stderr is a terminal."

use cback_tests::Finished;

use crate::samples::text;
use crate::{PROGRAM, compressed, other, run};

#[test]
fn it_is_silent_where_nobody_looks() {
    let input = text(3_000_000);
    assert_eq!(compressed("--progress", &input), compressed("", &input));
}

/// The screen of a terminal after a run of the program, with these arguments and input, and then of `echo next`.
#[track_caller]
fn screen(arguments: &str, input: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, input).unwrap();
    let file = file.path().display();
    // `script` makes a terminal.
    let mut command = other("script -qec");
    command.arg(format!(
        "'{PROGRAM}' --progress {arguments} <'{file}' >/dev/null; echo next"
    ));
    command.arg("/dev/null").env("TERM", "xterm"); // a dumb one shows none
    let done = run(&command, b"");
    done.succeeds();
    done.printed()
}

#[test]
fn it_shows_bytes_their_ratio_and_the_rate_on_a_terminal_in_a_whole_line_of_its_own() {
    let input = text(3_000_000);
    let packed = compressed("", &input);
    for (arguments, input, shows) in [
        ("-m none", &input[..], "3.00 MB in, 3.00 MB out (100.0 %), "),
        ("-d", &packed, " in, 3.00 MB out ("),
        ("-t", &packed, " in, 3.00 MB out ("),
        // These fail.
        ("--seal x", &input[..900_000], " in, "),
        ("-d", b"", " in, 0 B out ("),
    ] {
        let screen = screen(arguments, input);
        assert!(screen.contains(shows), "{arguments}: {screen:?}");
        assert!(screen.contains("B/s, "), "{arguments}: {screen:?}");
        // No empty field before anything is written, and nothing glued to the line.
        assert!(!screen.contains(", ,"), "{arguments}: {screen:?}");
        assert!(screen.ends_with("\nnext\r\n"), "{arguments}: {screen:?}");
        let error = screen.find("cback-compress: ");
        let on_its_own = error.is_none_or(|at| screen[..at].ends_with('\n'));
        assert!(on_its_own, "{arguments}: {screen:?}");
    }
}
