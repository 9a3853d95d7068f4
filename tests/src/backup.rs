//! The parts of a backup, as the programs under test write it.

use crate::{Finished, Run, Server, run_with_input, tool};
use std::process::Command;

/// The plain dump of a database.
#[track_caller]
pub fn dump<'a>(server: &Server, database: impl Into<Option<&'a str>>) -> Vec<u8> {
    let mut command = server.command(tool("cback-pgdump"));
    match database.into() {
        Some(name) => command.env("PGDATABASE", name),
        None => command.arg("--all"),
    };
    let output = command.run();
    output.succeeds();
    output.stdout
}

/// Roles, tablespaces and these databases, empty.
#[track_caller]
pub fn globals(server: &Server, databases: &[&str]) -> Vec<u8> {
    let names = databases.join("\0") + "\0";
    let mut command = server.command(tool("cback-pgdump"));
    command.args(["--globals", "--databases0-from", "-"]);
    let output = run_with_input(&mut command, names.as_bytes());
    output.succeeds();
    output.stdout
}

/// A dump as cback-compress packs it in that mode.
#[track_caller]
pub fn packed(dump: &[u8], mode: &str) -> Vec<u8> {
    let mut command = Command::new(tool("cback-compress"));
    let output = run_with_input(command.args(["-m", mode]), dump);
    output.succeeds();
    output.stdout
}
