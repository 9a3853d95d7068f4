//! Read, check and write the postgresql section of a cback3 configuration.

use std::process::ExitCode;

use cback_pgconf::{Fault, cli::Cli};
use clap::Parser;

fn main() -> ExitCode {
    report_panics();
    let done = Cli::try_parse().map_or_else(|words| cback_pgconf::show(&words), cback_pgconf::run);
    done.unwrap_or_else(|fault| {
        fault.tell();
        ExitCode::FAILURE
    })
}

/// Has a panic end the process at once with status 1 and one line.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        Fault::new(format!("internal error: {panic}").replace('\n', " ")).tell();
        std::process::exit(1);
    }));
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_one_line_and_status_1() {
        cback_tests::assert_panic_is_one_line("cback-pgconf", super::report_panics);
    }
}
