//! Dump PostgreSQL to standard output and prove that the dump is whole.

#[cfg(test)]
mod tests;

use cback_pgdump::{cli::Cli, run::run, stdio};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    stdio::report_panics();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            stdio::complain(&error);
            ExitCode::FAILURE
        }
    }
}
