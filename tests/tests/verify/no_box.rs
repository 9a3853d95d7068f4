//! "Cannot be proven here": where there can be no box, or no server in it, nothing is restored.

use crate::backups::Backups;
use cback_tests::{Finished, Run, SHELLS, server, shim, skipped_without_root, wrapped};
use std::fs;
use std::process::Command;

#[test]
fn without_bubblewrap_nothing_is_restored() {
    let (backups, _) = Backups::of_items();
    let mut command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    let said = command
        .env("PATH", backups.path_without("bwrap"))
        .run()
        .fails(1);
    let reason = "cback-pgverify: bwrap not found: a restore needs bubblewrap, so install that\n";
    assert_eq!(said, reason);
    backups.assert_clean();
}

/// As root in a container, mostly.
#[test]
fn root_without_namespaces_restores_nothing() {
    if !skipped_without_root("to give up a capability") {
        refuses_within("setpriv --bounding-set=-sys_admin --");
    }
}

/// As in a container, or where the administrator has turned them off.
#[test]
fn an_account_without_namespaces_restores_nothing() {
    refuses_within("bwrap --unshare-user --disable-userns --uid 1000 --gid 1000 --dev-bind / / --");
}

fn refuses_within(outer: &str) {
    let (backups, _) = Backups::of_items();
    let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    let outer: Vec<_> = outer.split(' ').collect();
    let said = wrapped(&outer, &command).run().fails(1);
    let start = "x.sql: cannot be proven here: no namespace for a box to do it in (unshare: ";
    let is_told = said.contains(start) && said.contains("allow them");
    assert!(is_told, "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    backups.assert_clean();
}

/// "What this machine lacks says nothing against the backup": a library that is missing, and a server that does not start.
#[test]
fn without_a_server_that_starts_nothing_is_said_against_the_backup() {
    let (backups, _) = Backups::of_items();
    let real = &server().installation.bin;
    let bin = backups.path("pg/bin");
    fs::create_dir_all(&bin).unwrap();
    let call = |program| format!("exec {}/{program} \"$@\"", real.display());
    let lost = "error while loading shared libraries: lost.so.6: cannot open shared object file";
    let only_its_version = format!("[ \"$1\" != --version ] || {}; exit 3", call("postgres"));
    #[rustfmt::skip]
    let cases = [
        ("initdb", None, format!("no server can be started: {}/initdb: {lost}", bin.display())),
        ("initdb", Some("exit 3"), "no server can be started: initdb ended with status 3\n".into()),
        ("psql", None, format!("no server can be started: psql: {lost}")),
        ("postgres", Some(&*only_its_version), "no server can be started: postgres ended with status 3\n".into()),
        ("pg_dump", None, format!("pg_dump: {lost}")),
    ];
    for (broken, script, reason) in cases {
        for program in ["initdb", "postgres", "psql", "pg_dump", "pg_dumpall"] {
            shim(&bin.join(program), &call(program));
        }
        if let Some(script) = script {
            shim(&bin.join(broken), script);
        } else {
            let mut without_libc = Command::new("sed");
            let program = real.join(broken);
            without_libc.args(["s/libc[.]so[.]6/lost.so.6/g", program.to_str().unwrap()]);
            let program = without_libc.env("LC_ALL", "C").run().stdout;
            fs::write(bin.join(broken), program).unwrap();
        }
        let reason = format!("x.sql: cannot be proven here: {reason}");
        backups.refuses(&["--restore", "--pg-bin", "pg/bin", "x.sql"], &reason);
    }
}
