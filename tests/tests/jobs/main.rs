//! `scripts/cback-postgresql --jobs`: several databases at a time keep what one at a time promises.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod kills;
mod messages;
mod several;
mod stopping;

use cback_tests::{Site, server};
use std::process::Command;

/// A run with so many jobs.
fn command(site: &Site, shell: &[&str], jobs: usize) -> Command {
    let mut command = site.command(server(), shell);
    command.arg("--jobs").arg(jobs.to_string());
    command
}

/// What a backup without compression is called.
fn file_name(database: &str) -> String {
    format!("postgresqldump-{database}.txt")
}
