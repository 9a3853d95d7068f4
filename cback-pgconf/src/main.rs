//! Read, check and write the postgresql section of a cback3 configuration.

use std::io::{self, Write};
use std::process::ExitCode;

use cback_pgconf::cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    report_panics();
    cback_pgconf::run(Cli::parse()).unwrap_or_else(|error| {
        if let Some(message) = cback_pgconf::describe(&error) {
            tell(&message);
        }
        ExitCode::FAILURE
    })
}

/// Has a panic end the process at once with status 1 and one line.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        tell(&format!("cback-pgconf: internal error: {panic}").replace('\n', " "));
        std::process::exit(1);
    }));
}

/// In one write. Nothing can be done about a standard error that is closed or full.
fn tell(message: &str) {
    let _ = io::stderr().write_all(format!("{}\n", message.trim_end()).as_bytes());
}

#[cfg(test)]
mod tests {
    /// In a child, since the hook ends the process: the harness's own status would be 101.
    #[test]
    fn a_panic_is_one_line_and_status_1() {
        if std::env::var_os("CBACK_PANIC").is_some() {
            super::report_panics();
            panic!("two\nlines");
        }
        let test = std::env::current_exe().expect("a test knows its own executable");
        let mut child = std::process::Command::new(test);
        child.args(["a_panic_is_one_line_and_status_1", "--nocapture"]);
        let output = child.env("CBACK_PANIC", "").output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.starts_with("cback-pgconf: internal error: panicked at "),
            "{said}"
        );
        assert!(
            said.ends_with(": two lines\n") && said.lines().count() == 1,
            "{said}"
        );
    }
}
