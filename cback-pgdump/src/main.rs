//! Dump PostgreSQL to standard output and prove that the dump is whole.

#[cfg(test)]
mod tests;

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
