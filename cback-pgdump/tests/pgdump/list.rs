//! `--list`: "the databases that the server lets be connected to, NUL-ended, the largest first".

use crate::{failed, run};
use cback_tests::{Finished, Run, Server, installations, server};
use std::process::Command;

fn list(server: &Server, options: &[&str]) -> Command {
    let mut command = server.command(crate::PROGRAM);
    command.arg("--list").args(options);
    command
}

/// The names that a silent run lists.
#[track_caller]
fn listed(server: &Server, options: &[&str]) -> Vec<Vec<u8>> {
    let mut command = list(server, options);
    // Whatever the user has set, names are bytes.
    command.env("PGCLIENTENCODING", "LATIN1");
    let output = run(command.env("PGOPTIONS", "-c search_path=public"));
    assert_eq!(output.succeeds(), "");
    let names = output.stdout.strip_suffix(b"\0").expect("ended by NUL");
    names.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect()
}

/// Objects that somebody has made in `postgres`, each with what removes it.
const MADE: [[&str; 2]; 5] = [
    ["CREATE TABLE public.t (n int)", "DROP TABLE public.t"],
    [
        "CREATE VIEW pg_catalog_v AS SELECT 1",
        "DROP VIEW pg_catalog_v",
    ],
    ["CREATE SCHEMA s", "DROP SCHEMA s"],
    [
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION f()",
    ],
    ["SELECT lo_create(7)", "SELECT lo_unlink(7)"],
];

/// "The databases that the server lets be connected to", and "templates and an empty `postgres` apart": it is empty
/// while it is as initdb made it, but for extensions. Their order, and names in other encodings, are the script's
/// `separate`'s.
#[test]
fn templates_and_an_empty_postgres_can_be_left_out() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        server.sql("postgres", "CREATE DATABASE own IS_TEMPLATE true");
        server.sql("postgres", "CREATE DATABASE \"l\u{e9} | -x\"");
        server.sql("postgres", "CREATE DATABASE shut ALLOW_CONNECTIONS false");
        server.sql("postgres", "CREATE DATABASE broken");
        let broken = "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken'";
        server.sql("postgres", broken);
        let has_pgss =
            "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'";
        if server.sql("postgres", has_pgss) == "1\n" {
            server.sql("postgres", "CREATE EXTENSION pg_stat_statements");
        }
        let used = "l\u{e9} | -x".as_bytes();
        let names = || listed(&server, &["--no-templates"]);
        assert_eq!(names(), [used]);
        for [make, remove] in MADE {
            server.sql("postgres", make);
            let mut made = names();
            made.sort();
            assert_eq!(made, [used, b"postgres"], "{make}");
            server.sql("postgres", remove);
            assert_eq!(names(), [used], "{remove}");
        }
        // From elsewhere nobody can tell.
        server.sql("template1", "ALTER DATABASE postgres CONNECTION LIMIT 0");
        server.sql("template1", "CREATE ROLE clerk LOGIN");
        let mut command = list(&server, &["--no-templates"]);
        let output = run(command.env("PGUSER", "clerk"));
        output.succeeds();
        assert!(output.stdout.windows(9).any(|it| it == b"postgres\0"));
    }
}

/// "A role that may not see it all is told", and lists it all the same; sizes are asked where they may be.
#[test]
fn a_role_that_may_not_connect_is_told() {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk LOGIN");
    for name in ["big", "a", "secret 1"] {
        server.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
    }
    let fill = "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)";
    server.sql("big", fill);
    server.sql("secret 1", fill);
    server.sql("secret 1", fill.replace("TABLE t", "TABLE u").as_str());
    let close = |name: &str| {
        server.sql(
            "postgres",
            &format!("REVOKE CONNECT ON DATABASE \"{name}\" FROM public"),
        )
    };
    close("secret 1");
    let by_clerk = |said: &str| {
        let mut command = list(&server, &["-U", "clerk"]);
        let output = run(command.env_remove("PGUSER"));
        assert_eq!(output.succeeds(), said);
        output.printed()
    };
    let told = "cback-pgdump: database \"secret 1\": this user may not connect\n";
    let names = by_clerk(told);
    assert!(
        names.starts_with("big\0") && names.ends_with("secret 1\0"),
        "{names:?}"
    );
    close("a");
    by_clerk("cback-pgdump: database \"a\" and 1 more: this user may not connect\n");
    server.sql("postgres", "GRANT pg_read_all_stats TO clerk");
    let names =
        by_clerk("cback-pgdump: database \"secret 1\" and 1 more: this user may not connect\n");
    assert!(names.starts_with("secret 1\0big\0"), "{names:?}");
}

/// Where sizes cannot be had, the names are.
#[test]
fn without_sizes_the_order_is_that_of_names() {
    let psql = "case \"$*\" in *pg_database_size*) echo 'ERROR: gone' >&2; exit 1 ;; esac; exec psql \"$@\"";
    let directory = tempfile::tempdir().expect("room");
    cback_tests::shim(&directory.path().join("psql"), psql);
    let pg_dump = directory.path().join("pg_dump").display().to_string();
    let server = Server::start();
    server.sql("postgres", "CREATE DATABASE a");
    let output = run(&list(&server, &["--pg-dump", &pg_dump]));
    assert!(output.said().contains("gone"), "{}", output.said());
    assert_eq!(output.printed(), "a\0postgres\0template1\0");
}

#[test]
fn a_list_that_cannot_be_had_is_a_failure() {
    let mut command = list(server(), &[]);
    let output = failed(command.env("PGHOST", "/nowhere"));
    assert_eq!(output.printed(), "");
    let said = output.said();
    assert!(
        said.contains("/nowhere") && said.ends_with("psql failed (exit status: 2)\n"),
        "{said}"
    );
    let mut command = list(server(), &["--seal", "x"]);
    command.run().fails(2);
    let mut command = server().command(crate::PROGRAM);
    command.arg("--no-templates").run().fails(2);
}
