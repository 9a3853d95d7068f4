//! Read, check and write the postgresql section of a cback3 configuration.

use std::process::ExitCode;

fn main() -> ExitCode {
    cback_pgconf::run()
}
