//! Read, check and write the postgresql section of a cback3 configuration.

use std::io::{self, Write};
use std::process::ExitCode;

use cback_pgconf::cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    report_panics();
    let cli = Cli::try_parse();
    let done = cli.map_or_else(|words| cback_pgconf::show(&words), cback_pgconf::run);
    done.unwrap_or_else(|error| {
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
    #[test]
    fn a_panic_is_one_line_and_status_1() {
        cback_tests::assert_panic_is_one_line("cback-pgconf", super::report_panics);
    }
}
