//! Compress standard input with gzip or bzip2 on all cores, or unpack it.

use std::process::ExitCode;

use cback_compress::cli::Cli;
use cback_compress::{run, stdio};
use clap::Parser;

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
