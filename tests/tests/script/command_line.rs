//! The script's own command line.

use cback_tests::{Finished, Run, Shell, in_each_shell, path_with_tools, script, server, wrapped};
use std::process::Command;

in_each_shell!(
    help_and_version_go_to_stdout_which_has_to_take_them,
    wrong_usage_has_status_2,
);

fn command(shell: Shell, arguments: &[&str]) -> Command {
    let mut command = server().in_shell(shell, &script("cback-postgresql"));
    command.args(arguments);
    command.env("PATH", path_with_tools(server()));
    command
}

/// "A write error is a failure, never swallowed. A closed reader (EPIPE) is a failure too, a quiet one."
fn help_and_version_go_to_stdout_which_has_to_take_them(shell: Shell) {
    let help = command(shell, &["--help"]).prints();
    assert!(help.contains("--dry-run"), "{help}");
    let expected = concat!("cback-postgresql ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(command(shell, &["--version"]).prints(), expected);
    for option in ["--help", "--version"] {
        let full = ["sh", "-c", "exec \"$@\" >/dev/full", "sh"];
        let said = wrapped(&full, &command(shell, &[option])).run().fails(1);
        assert!(!said.contains("cback-pgconf"), "it went on: {said}");
    }
    let (_, writer) = std::io::pipe().unwrap();
    let mut unread = command(shell, &["--help"]);
    let output = unread.stdout(writer).output().unwrap();
    assert!(!output.status.success() && output.said().is_empty());
}

/// Arguments, and what is said of them besides how it is done right.
#[rustfmt::skip]
const MISUSES: [(&[&str], &str); 13] = [
    (&["--no-such-option"], "unrecognized option '--no-such-option'"),
    (&["-x"], "invalid option -- 'x'"),
    (&["database"], "unexpected argument 'database'"),
    (&["--config"], "option '--config' requires an argument"),
    (&["--config", ""], "--config needs a file"), (&["--config", "-"], "--config needs a file"),
    (&["--jobs", "0"], "--jobs needs a whole number above 0, not '0'"),
    (&["--jobs", "-1"], "--jobs needs a whole number above 0, not '-1'"),
    (&["--jobs", "04"], "--jobs needs a whole number above 0, not '04'"),
    (&["--jobs", "two"], "--jobs needs a whole number above 0, not 'two'"),
    (&["--jobs", ""], "--jobs needs a whole number above 0, not ''"),
    (&["--jobs", "1 2"], "--jobs needs a whole number above 0, not '1 2'"),
    (&["-j", "*"], "-j needs a whole number above 0, not '*'"),
];

fn wrong_usage_has_status_2(shell: Shell) {
    for (arguments, fault) in MISUSES {
        let output = command(shell, arguments).run();
        let said = output.fails(2);
        let start = format!("cback-postgresql: {fault}\ncback-postgresql: usage: ");
        assert!(said.starts_with(&start), "{arguments:?}: {said}");
        assert_eq!(output.printed(), "", "{arguments:?}");
    }
    // And 999 are right, though they stop at the configuration.
    let arguments = ["--jobs", "999", "--config", "/no-such-file"];
    let said = command(shell, &arguments).run().fails(1);
    assert!(said.starts_with("cback-pgconf: /no-such-file: "), "{said}");
}
