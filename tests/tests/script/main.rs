//! `scripts/cback-postgresql`, against a real server.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod backup;
mod command_line;
mod failure;
mod forgotten;
mod hostile;
mod interruption;
mod list;
mod messages;
mod places;
mod refusals;
mod separate;
mod several;
mod trial;
mod user;

use cback_tests::{Server, Shell, Site, server};
use std::process::Command;

/// A run with so many dumps at a time.
fn with_jobs(site: &Site, shell: Shell, jobs: usize) -> Command {
    with_jobs_on(server(), site, shell, jobs)
}

fn with_jobs_on(server: &Server, site: &Site, shell: Shell, jobs: usize) -> Command {
    let mut command = site.command(server, shell);
    command.arg("--jobs").arg(jobs.to_string());
    command
}
