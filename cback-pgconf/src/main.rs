//! Read, check and write the postgresql section of a cback3 configuration.

use std::io::{self, Write};
use std::process::ExitCode;

use cback_pgconf::cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        tell(&format!("cback-pgconf: internal error: {panic}").replace('\n', " "));
        std::process::exit(1);
    }));
    cback_pgconf::run(Cli::parse()).unwrap_or_else(|error| {
        if let Some(message) = cback_pgconf::describe(&error) {
            tell(&message);
        }
        ExitCode::FAILURE
    })
}

/// In one write. Nothing can be done about a standard error that is closed or full.
fn tell(message: &str) {
    let _ = io::stderr().write_all(format!("{}\n", message.trim_end()).as_bytes());
}
