//! Clients and servers of every PostgreSQL that this machine has.

use crate::{dumped, failed, pgdump};
use cback_tests::{Finished, Server, installations};

#[test]
fn clients_dump_servers_that_are_not_newer() {
    let all = installations();
    assert!(
        all.len() > 1,
        "only {all:?}: run scripts/prerequisites test"
    );
    for installation in &all {
        let server = Server::start_from(installation);
        server.sql("postgres", "CREATE TABLE t AS SELECT 1 AS one");
        for clients in &all {
            for (target, option, name, marker) in [
                ("postgres", "--pg-dump", "pg_dump", "database"),
                ("--all", "--pg-dumpall", "pg_dumpall", "database cluster"),
            ] {
                let program = clients.bin.join(name);
                let mut command = pgdump(&server, &[target, option]);
                command.arg(&program);
                if clients.major < installation.major {
                    assert_too_old(&failed(&command).said(), &program.display().to_string());
                } else {
                    let dump = dumped(&command);
                    let dump = String::from_utf8_lossy(&dump);
                    let marker = format!("\n-- PostgreSQL {marker} dump complete\n");
                    let is_whole =
                        dump.contains("\nCREATE TABLE public.t (\n") && dump.contains(&marker);
                    assert!(is_whole, "{}: {dump}", program.display());
                }
            }
        }
    }
}

#[track_caller]
fn assert_too_old(said: &str, program: &str) {
    let theirs = "aborting because of server version mismatch\n";
    let ours = format!(
        ": {program} failed (exit status: 1)\n\
         cback-pgdump: hint: the server is newer: name clients of its version with --pg-dump, \
         --pg-dumpall, or <override> in cback3's configuration\n"
    );
    assert!(said.contains(theirs) && said.ends_with(&ours), "{said}");
}
