//! Dump PostgreSQL to standard output and prove that the dump is whole.

use cback_pgdump::{cli, stdio};
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(status) => status,
        Err(error) => {
            if !error.is_broken_pipe() {
                stdio::complain(&error.to_string());
            }
            if let Some(hint) = error.hint() {
                stdio::complain(&format!("hint: {hint}"));
            }
            ExitCode::FAILURE
        }
    }
}
