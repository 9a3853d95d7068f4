//! Compress standard input with gzip or bzip2 on all cores.

use std::process::ExitCode;

use cback_compress::cli::{self, complain};

fn main() -> ExitCode {
    // A panic is a bug, but even then one line and status 1, never a trace and 101.
    std::panic::set_hook(Box::new(|bug| {
        complain(&format!("internal error: {bug}").replace('\n', " "));
    }));
    match cli::run() {
        Ok(status) => status,
        // The reader has gone away and knows it; nobody wants to hear about it.
        Err(error) if error.is_broken_pipe() => ExitCode::FAILURE,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
