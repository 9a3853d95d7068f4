//! `cback-pgdump --check`: what it says of whole dumps and of damaged ones, and what a restore of
//! them brings back.

mod compare;
mod cuts;
mod definitions;
mod limits;
mod plan;
mod report;
mod roles;
mod values;

use cback_pgdump::check::{self, Contents, Fault, Key, write_lines};
use cback_tests::{Finished, Installation, Server, installations, run_with_input, wrapped};
use std::process::{Command, Output};
use std::sync::LazyLock;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cback-pgdump");

/// A database of a name that has to be quoted.
const ODD: &str = "one of \"all\"; it's \\ a=b";

/// A server of each version with the database `torture` and one of an odd name; only read.
static TORTURED: LazyLock<Vec<Server>> = LazyLock::new(|| {
    let all = installations();
    let hint = "run scripts/prerequisites test";
    assert!(all.len() > 2, "only {all:?}: {hint}");
    all.iter().map(tortured).collect()
});

fn tortured(installation: &Installation) -> Server {
    let server = Server::start_from(installation);
    server.create_database("torture");
    server.sql("torture", include_str!("../torture.sql"));
    server.create_database(ODD);
    server.sql(ODD, "CREATE TABLE t AS SELECT 1 AS one");
    server
}

/// Ends a program that takes too long with status 124.
const TIMEOUT: &[&str] = &["timeout", "--kill-after=10", "900"];

/// The output of the server's `program`.
#[track_caller]
fn dump(server: &Server, program: &str, arguments: &[&str]) -> Vec<u8> {
    written(server.command(program).args(arguments))
}

/// The output of a program that has to succeed.
#[track_caller]
fn written(command: &Command) -> Vec<u8> {
    let output = wrapped(TIMEOUT, command).output().expect("it starts");
    output.succeeds();
    output.stdout
}

/// `cback-pgdump --check ARGUMENTS` of a dump.
#[track_caller]
fn checked(dump: &[u8], arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("--check").args(arguments);
    run_with_input(&mut wrapped(TIMEOUT, &command), dump)
}

/// The lines of a whole dump, by the library.
#[track_caller]
fn report(dump: &[u8]) -> String {
    let mut report = Vec::new();
    let contents = check::check(dump, Key::default()).expect("a whole dump");
    write_lines(&contents, &mut report).expect("room");
    String::from_utf8_lossy(&report).into_owned()
}

/// Why it takes a dump for none.
#[track_caller]
fn refused(dump: &[u8]) -> Fault {
    match check::check(dump, Key::default()) {
        Err(fault) => fault,
        Ok(Contents { bytes, .. }) => panic!("{bytes} bytes are taken for a whole dump"),
    }
}

/// Name and rows of each line.
fn rows(report: &str) -> Vec<String> {
    let fields = |line: &str| line.split('\t').take(2).collect::<Vec<_>>().join(" ");
    report.lines().map(fields).collect()
}

/// A dump of one database with nothing but this in it.
fn with_text(text: &str) -> Vec<u8> {
    of_kind("", text)
}

/// The same of a cluster's own part.
fn with_cluster_text(text: &str) -> Vec<u8> {
    of_kind("cluster ", text)
}

fn of_kind(kind: &str, text: &str) -> Vec<u8> {
    let head = format!("--\n-- PostgreSQL database {kind}dump\n--\n\n");
    let end = format!("\n\n--\n-- PostgreSQL database {kind}dump complete\n--\n\n");
    [&head, text, &end].concat().into_bytes()
}

/// A dump with one table of these rows.
fn with_rows(columns: &str, rows: &str) -> Vec<u8> {
    with_text(&format!(
        "COPY public.t ({columns}) FROM stdin;\n{rows}\\.\n"
    ))
}
