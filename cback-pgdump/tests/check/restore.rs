//! A restored database prints the same lines as the one that was dumped: "the fingerprint depends on every
//! value" and on nothing that a restore may change.

use crate::{PROGRAM, TIMEOUT, TORTURED, checked, dump, report, rows};
use cback_tests::{Finished, Installation, Server, wrapped};
use std::fs;

/// Restores as a script would: by the plan alone, without knowing any SQL.
const RESTORE: &str = r#"
    "$CHECK" --check --plan "$DUMP.plan" < "$DUMP" > /dev/null || exit
    eval "$(cat "$DUMP.plan")"
    [ "$superuser" = postgres ] || exit 9
    psql() { command psql -Xq -v ON_ERROR_STOP=1 "$@" > /dev/null; }
    printf %s "$prepare" | psql -d postgres || exit
    printf %s "$roles" | psql -d "$connect" || exit
    [ -z "$(command psql -XAt -d postgres -c "$missing")" ] || exit 8
    tail -c +$((offset + 1)) "$DUMP" | psql -d "$connect" || exit
    case $kind in
        database) PGDATABASE=$database pg_dump $dump_options ;;
        *) pg_dumpall $dump_options ;;
    esac"#;

/// The dump of what a new server of that version makes of `dump`.
#[track_caller]
fn restored(dump: &[u8], installation: &Installation) -> Vec<u8> {
    let directory = tempfile::tempdir().expect("room");
    let path = directory.path().join("dump");
    fs::write(&path, dump).expect("room");
    let server = Server::start_from(installation);
    let mut shell = server.command("sh");
    shell.args(["-c", RESTORE]).env("CHECK", PROGRAM);
    let output = wrapped(TIMEOUT, shell.env("DUMP", path))
        .output()
        .expect("sh starts");
    let said = output.said();
    let (status, version) = (output.status, installation.major);
    assert!(status.success(), "into {version}: {status}: {said}");
    output.stdout
}

/// On a newer server, names are quoted by another list of keywords, and large objects grouped otherwise.
#[test]
fn a_restored_database_prints_the_same_lines_also_on_a_newer_server() {
    for (number, server) in TORTURED.iter().enumerate() {
        let dump = dump(server, "pg_dump", &["torture"]);
        for new in &TORTURED[number..] {
            let again = restored(&dump, &new.installation);
            assert_eq!(report(&again), report(&dump), "{}", new.installation.major);
        }
    }
}

/// By `--load-via-partition-root` all partitions' rows come in several COPY blocks of their root; so do without it
/// those of hash partitions by an enum, and no others.
const PARTS: &str = "CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
    CREATE TABLE colours (c colour) PARTITION BY HASH (c);
    CREATE TABLE c0 PARTITION OF colours FOR VALUES WITH (modulus 2, remainder 0);
    CREATE TABLE c1 PARTITION OF colours FOR VALUES WITH (modulus 2, remainder 1);
    INSERT INTO colours VALUES ('red'), ('green'), ('blue');
    CREATE TABLE years (y int) PARTITION BY RANGE (y);
    CREATE TABLE early PARTITION OF years FOR VALUES FROM (0) TO (2000);
    CREATE TABLE late PARTITION OF years FOR VALUES FROM (2000) TO (3000);
    INSERT INTO years VALUES (1), (1999), (2000)";

/// The names are the database's own, whatever bytes its encoding makes of them.
const LATIN: &str = "CREATE TABLE \"stra\u{df}e\" AS SELECT '\u{e9}t\u{e9}'::text AS \"\u{e0}\";
    ALTER TABLE \"stra\u{df}e\" OWNER TO \"gr\u{f6}\u{df}e\"";

#[test]
fn a_database_is_restored_however_it_was_written() {
    let server = &TORTURED[TORTURED.len() - 1];
    server.create_database("parts");
    server.sql("parts", PARTS);
    let create = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'";
    server.sql("postgres", create);
    server.sql("latin", LATIN);
    for options in [
        "--create torture",
        "--inserts torture",
        "--column-inserts --rows-per-insert=7 torture",
        "--load-via-partition-root torture",
        "--load-via-partition-root --column-inserts torture",
        "parts",
        "--load-via-partition-root parts",
        "latin",
        "--encoding=UTF8 latin",
    ] {
        let dump = dump(server, "pg_dump", &options.split(' ').collect::<Vec<_>>());
        let again = restored(&dump, &server.installation);
        // Bytes, since no text need be UTF-8.
        let lines = |dump: &[u8]| checked(dump, &[]).stdout;
        assert!(!lines(&dump).is_empty(), "{options}");
        assert_eq!(lines(&again), lines(&dump), "{options}");
        if options.ends_with("parts") {
            let via_root = options != "parts";
            let rest = if via_root {
                "years 3"
            } else {
                "early 2 late 1"
            };
            let found = rows(&report(&dump)).join(" ").replace("public.", "");
            assert_eq!(found, format!("colours 3 {rest}"));
        }
    }
}

#[test]
fn restored_clusters_and_globals_print_the_same_lines() {
    for server in TORTURED.iter() {
        let [all, globals] = [&[][..], &["--globals-only"]].map(|options| {
            let dump = dump(server, "pg_dumpall", options);
            let again = report(&restored(&dump, &server.installation));
            (report(&dump), again)
        });
        assert_eq!(all.1, all.0);
        for start in [
            "\"one of \"\"all\"\"; it's \\\\ a=b\".public.t\t1\t2\t",
            "memberships\t1\t",
            "tablespaces\t2\t",
            "torture.sequences\t",
        ] {
            let is_there = all.0.lines().any(|line| line.starts_with(start));
            assert!(is_there, "{start}: {}", all.0);
        }
        let names = globals.0.lines().map(|line| line.split('\t').next());
        let expected = ["memberships", "roles", "tablespaces"].map(Some);
        assert_eq!(names.collect::<Vec<_>>(), expected);
        // The whole server is dumped again, which has empty databases besides.
        let is_there = |line: &str| globals.1.lines().any(|it| it == line);
        assert!(globals.0.lines().all(is_there), "{globals:?}");
    }
}
