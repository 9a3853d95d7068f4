//! Clients and servers of every PostgreSQL that this machine has.

use crate::{VERSIONS, dumped, failed, pgdump};
use cback_tests::Finished;

#[test]
fn clients_dump_servers_that_are_not_newer() {
    for (server, clients) in VERSIONS
        .iter()
        .flat_map(|it| VERSIONS.iter().map(move |clients| (it, clients)))
    {
        for (target, option, name, marker) in [
            ("postgres", "--pg-dump", "pg_dump", "database"),
            ("--all", "--pg-dumpall", "pg_dumpall", "database cluster"),
        ] {
            let program = clients.bin().join(name);
            let mut command = pgdump(server, &[target, option]);
            command.arg(&program);
            let program = program.display();
            if clients.installation.major < server.installation.major {
                let said = failed(&command).said();
                let hint = format!(
                    "{program} failed (exit status: 1)\n\
                     cback-pgdump: hint: the server is newer: name clients of its version with --pg-dump, \
                     --pg-dumpall, or <override> in cback3's configuration\n"
                );
                let theirs = "aborting because of server version mismatch\n";
                assert!(said.contains(theirs) && said.ends_with(&hint), "{said}");
            } else {
                let dump = dumped(&command);
                let dump = String::from_utf8_lossy(&dump);
                let marker = format!("\n-- PostgreSQL {marker} dump complete\n");
                let has_table = dump.contains("\nCREATE TABLE public.t (\n");
                assert!(has_table && dump.contains(&marker), "{program}: {dump}");
            }
        }
    }
}
