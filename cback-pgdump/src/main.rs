//! Dump PostgreSQL to standard output and prove that the dump is whole.

use cback_pgdump::{cli::Cli, run, stdio};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    stdio::report_panics();
    let outcome = match Cli::try_parse() {
        Ok(cli) => run::run(cli),
        Err(error) if error.use_stderr() => error.exit(),
        Err(help) => stdio::print(&help),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_one_line_and_status_1() {
        cback_tests::assert_panic_is_one_line("cback-pgdump", super::stdio::report_panics);
    }
}
