//! A restored database prints the same lines as the one that was dumped: "the fingerprint depends on every
//! value" and on nothing that a restore may change.

use crate::definitions::assert_same_objects;
use crate::plan::SHOPS;
use crate::{PROGRAM, TIMEOUT, TORTURED, checked, dump, report, rows};
use cback_tests::{Finished, Server, without_keys, wrapped};
use std::fs;

/// Restores as a script would: by the plan alone, without knowing any SQL but CREATE DATABASE's name. A single
/// database in one transaction.
const RESTORE: &str = r#"
    set -eu
    sql() { command psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
    sql -0 -d postgres -c 'SELECT rolname FROM pg_roles ORDER BY oid' >existing
    "$CHECK" --check --plan . --existing-roles existing <dump >/dev/null
    . ./facts
    sql -d postgres --single-transaction -f roles.sql
    sql -d postgres -v ON_ERROR_STOP=0 -f tablespaces.sql # it may have them
    [ -z "$(sql -d postgres -f lacks.sql)" ] || exit 8
    run() {
        script=$1 && shift
        [ "$("$CHECK" --script "$script" $transaction <dump | sql -o "$script.said" "$@" -f -)" = restored ]
    }
    transaction=--one-transaction
    if [ "$kind" = database ]; then
        sql -d postgres -v cback_database=restored -f create.sql
        sql -d restored -v cback_database=restored -1 -f plain-roles.sql -f configure.sql
        run script -d restored
        sql -d restored -v cback_database=restored -1 -f settle.sql
        pg_dump $dump_options restored
        sql -d postgres -c "ALTER DATABASE restored RENAME TO restored$$"
    else
        for database in $others; do run "script.$database" -d postgres; done
        transaction=
        run script -d postgres -v cback_prefix=restored
        sql -d postgres -f superuser.sql
        number=0
        tr '\0' '\n' <names | while IFS= read -r name; do
            number=$((number + 1))
            echo "ALTER DATABASE restored$number RENAME TO :\"name\"" | sql -d postgres -v name="$name" -f -
        done
        pg_dumpall $dump_options
    fi"#;

/// The dump of what `server`, which has to be new for a cluster's, makes of `dump`.
#[track_caller]
fn restored(dump: &[u8], server: &Server) -> Vec<u8> {
    let directory = tempfile::tempdir().expect("room");
    fs::write(directory.path().join("dump"), dump).expect("room");
    let mut shell = server.command("sh");
    shell.args(["-c", RESTORE]).env("CHECK", PROGRAM);
    let mut shell = wrapped(TIMEOUT, shell.current_dir(directory.path()));
    let output = shell.output().expect("sh starts");
    let said = output.said();
    let (status, version) = (output.status, server.installation.major);
    assert!(status.success(), "into {version}: {status}: {said}");
    output.stdout
}

/// On a newer server, names are quoted by another list of keywords, and large objects grouped otherwise.
#[test]
fn a_restored_database_prints_the_same_lines_also_on_a_newer_server() {
    for (number, newest) in TORTURED.iter().enumerate() {
        let new = Server::start_from(&newest.installation);
        for old in &TORTURED[..=number] {
            let dump = dump(old, "pg_dump", &["torture"]);
            let again = restored(&dump, &new);
            assert_eq!(report(&again), report(&dump), "{:?}", new.installation);
            if new.installation == old.installation {
                assert_same_objects(&again, &dump, "torture");
            }
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
    let target = Server::start_from(&server.installation);
    for options in [
        "--create torture",
        "--inserts torture",
        "--column-inserts --rows-per-insert=7 torture",
        "--load-via-partition-root torture",
        "--load-via-partition-root --column-inserts torture",
        "--clean torture",
        "--clean --if-exists --create torture",
        "--no-owner torture",
        "--no-comments torture",
        "--no-privileges torture",
        "--disable-dollar-quoting --quote-all-identifiers torture",
        "parts",
        "--load-via-partition-root parts",
        "latin",
        "--encoding=UTF8 latin",
    ] {
        let dump = dump(server, "pg_dump", &options.split(' ').collect::<Vec<_>>());
        let again = restored(&dump, &target);
        // Bytes, since no text need be UTF-8.
        let lines = |dump: &[u8]| checked(dump, &[]).stdout;
        assert!(!lines(&dump).is_empty(), "{options}");
        assert_eq!(lines(&again), lines(&dump), "{options}");
        assert_same_objects(&again, &dump, options);
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

/// All of it, roles, tablespaces, databases and their rights, whatever initdb's role was called.
#[test]
fn a_restored_cluster_is_dumped_as_it_was() {
    for server in SHOPS.iter() {
        let original = dump(server, "pg_dumpall", &[]);
        let cleaning = dump(server, "pg_dumpall", &["--clean", "--if-exists"]);
        let is_last = server.installation == SHOPS[SHOPS.len() - 1].installation;
        for dump in &[&original, &cleaning][..=usize::from(is_last)] {
            let new = Server::start_from(&server.installation);
            let again = restored(dump, &new);
            assert_same_objects(&again, dump, "cluster");
            if *dump == &cleaning {
                continue;
            }
            let again = settled(&again);
            let original = settled(&original);
            let mut pairs = again.iter().zip(&original);
            let other = pairs.find(|(again, original)| again != original);
            assert_eq!((other, again.len()), (None, original.len()));
        }
    }
}

/// The lines of a cluster's dump, without what cannot be the same: keys, grantors, places of tablespaces.
fn settled(dump: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(&without_keys(dump)).into_owned();
    let line = |line: &str| {
        let end = [" GRANTED BY ", " LOCATION '"]
            .iter()
            .find_map(|it| line.find(it));
        line[..end.unwrap_or(line.len())].to_owned()
    };
    let mut lines: Vec<_> = text.lines().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn a_restored_cluster_and_globals_print_the_same_lines() {
    let server = &TORTURED[TORTURED.len() - 1];
    let [all, globals] =
        [&[][..], &["--globals-only"]].map(|options| dump(server, "pg_dumpall", options));
    let told = report(&all);
    for start in [
        "\"one of \"\"all\"\"; it's \\\\ a=b\".public.t\t1\t2\t",
        "memberships\t1\t",
        "tablespaces\t2\t",
        "torture.sequences\t",
    ] {
        let is_there = told.lines().any(|line| line.starts_with(start));
        assert!(is_there, "{start}: {told}");
    }
    let again = restored(&all, &Server::start_from(&server.installation));
    assert_eq!(report(&again), told);
    assert_same_objects(&again, &all, "cluster");
    let told = report(&globals);
    let names = told.lines().map(|line| line.split('\t').next());
    let expected = ["memberships", "roles", "tablespaces"].map(Some);
    assert_eq!(names.collect::<Vec<_>>(), expected);
    // The whole server is dumped again, which has empty databases besides.
    let again = report(&restored(
        &globals,
        &Server::start_from(&server.installation),
    ));
    let is_there = |line: &str| again.lines().any(|it| it == line);
    assert!(told.lines().all(is_there), "{told}{again}");
}
