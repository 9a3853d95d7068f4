//! Compress standard input with gzip or bzip2 on all cores, or unpack it.

use std::process::ExitCode;

use cback_compress::cli::Cli;
use cback_compress::{run, stdio};
use clap::Parser;

fn main() -> ExitCode {
    stdio::report_panics();
    let result = match Cli::try_parse() {
        Ok(cli) => run::run(cli),
        Err(error) if error.use_stderr() => error.exit(),
        Err(help) => stdio::print_help(&help),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::complain(&error);
            ExitCode::FAILURE
        }
    }
}
