//! What comes out, and when it is sealed.

use cback_tests::{Server, tool};
use std::process::{Command, Output};

fn cback_pgdump(server: &Server) -> Command {
    server.command(tool("cback-pgdump"))
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// pg_dump makes up a key for each dump.
fn without_keys(dump: &[u8]) -> String {
    let text = String::from_utf8(dump.to_vec()).expect("text");
    let is_key = |line: &str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    text.split_inclusive('\n')
        .filter(|line| !is_key(line))
        .collect()
}

#[test]
fn the_dump_is_pg_dumps_own_and_the_seal_comes_after_it() {
    let server = Server::start();
    server.create_database("shop");
    server.sql(
        "shop",
        "CREATE TABLE t AS SELECT n, repeat('x', n) FROM generate_series(1, 5000) n",
    );
    let original = run(server.command("pg_dump").arg("shop"));
    let plain = run(cback_pgdump(&server).arg("shop"));
    let sealed = run(cback_pgdump(&server)
        .args(["--seal", "walrus"])
        .env("PGDATABASE", "shop"));
    assert!(original.status.success() && plain.status.success() && sealed.status.success());
    assert_eq!(without_keys(&plain.stdout), without_keys(&original.stdout));
    let dump = sealed.stdout.strip_suffix(b"walrus").expect("a seal");
    assert_eq!(without_keys(dump), without_keys(&original.stdout));
    assert!(plain.stderr.is_empty() && sealed.stderr.is_empty());
}

#[test]
fn all_databases_are_pg_dumpalls_own() {
    let server = Server::start();
    server.create_database("shop");
    server.sql("shop", "CREATE TABLE t AS SELECT 1 AS one");
    let original = run(&mut server.command("pg_dumpall"));
    let sealed = run(cback_pgdump(&server).args(["--all", "--seal", "walrus"]));
    assert!(original.status.success() && sealed.status.success());
    let dump = sealed.stdout.strip_suffix(b"walrus").expect("a seal");
    assert_eq!(without_keys(dump), without_keys(&original.stdout));
}
