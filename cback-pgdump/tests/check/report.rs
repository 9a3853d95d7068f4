//! What is printed of a whole dump, and what is kept from whoever looks at it.

use crate::{TORTURED, check, checked, dump, refused, report, with_rows, with_text, written};
use cback_pgdump::check::{Fault, write_json};
use cback_tests::{Finished, create_sample, without_keys};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// What the report says is what the server says, sorted by name.
#[test]
fn tables_sequences_and_large_objects_are_counted() {
    let server = &TORTURED[0];
    create_sample(server, "counted");
    let output = checked(&dump(server, "pg_dump", &["counted"]), &[]);
    assert_eq!(output.succeeds(), "");
    let query = "SELECT name, count FROM (
        SELECT format('%I.%I', schemaname, tablename) AS name,
            (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I.%I',
                schemaname, tablename), false, true, '')))[1]::text AS count
        FROM pg_tables WHERE schemaname = 'public'
        UNION ALL SELECT 'sequences', count(*)::text FROM pg_sequences
        UNION ALL SELECT 'large objects', count(*)::text FROM pg_largeobject_metadata) t
        ORDER BY name COLLATE \"C\"";
    let printed = output.printed();
    let fields = |line: &'_ str| line.split('\t').take(2).collect::<Vec<_>>().join("|");
    let counts: Vec<_> = printed.lines().map(fields).collect();
    let expected = server.sql("counted", query);
    assert_eq!(counts, expected.lines().collect::<Vec<_>>());
}

/// COPY and INSERT statements of the same tables are as many rows; one INSERT for each or for several, and
/// a quote more or less in how they are written, change no fingerprint.
#[test]
fn all_ways_to_write_a_row_are_alike() {
    for server in TORTURED.iter() {
        let copied = report(&dump(server, "pg_dump", &["torture"]));
        let verbose = dump(server, "pg_dump", &["--verbose", "--clean", "torture"]);
        assert_eq!(report(&verbose), copied);
        // An empty table has no INSERT statement.
        let is_filled = |line: &&str| !line.contains("\t0\t0\t0000000000000000");
        let rows = |line: &str| {
            line.split('\t')
                .take(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let copied: Vec<_> = copied.lines().filter(is_filled).map(rows).collect();
        for kind in ["--inserts", "--column-inserts"] {
            let inserted = report(&dump(server, "pg_dump", &[kind, "torture"]));
            assert_eq!(
                inserted.lines().map(rows).collect::<Vec<_>>(),
                copied,
                "{kind}"
            );
            let others = [
                kind,
                "--rows-per-insert=7",
                "--on-conflict-do-nothing",
                "torture",
            ];
            assert_eq!(report(&dump(server, "pg_dump", &others)), inserted);
        }
    }
}

#[test]
fn a_changed_value_of_an_insert_is_found_and_another_order_is_none() {
    let inserted = |rows: &str| report(&with_text(&format!("INSERT INTO t (a, b) VALUES {rows};")));
    let usual = inserted("(1, 'it''s; (x), y'), (NULL, B'101')");
    assert!(usual.starts_with("t\t2\t"), "{usual}");
    let swapped = "INSERT INTO t (b, a)\nVALUES\n\t(B'101', NULL);\n\
                   INSERT INTO t (a, b) VALUES (1, 'it''s; (x), y');\n";
    assert_eq!(report(&with_text(swapped)), usual);
    for other in [
        "(2, 'it''s; (x), y'), (NULL, B'101')",
        "(1, 'it''s; (x),  y'), (NULL, B'101')",
        "(1, 'it''s; (x), y'), (NULL, '101')",
        "(1, B'101'), (NULL, 'it''s; (x), y')",
        "(1, 'it''s; (x), y'), (1, B'101')",
    ] {
        assert_ne!(inserted(other), usual, "{other}");
    }
    for damaged in ["(1)", "(1, 2, 3)", "(1, )", "(1, 2", ""] {
        let dump = format!("INSERT INTO t (a, b) VALUES {damaged};");
        assert!(
            matches!(refused(&with_text(&dump)), Fault::Damaged { .. }),
            "{damaged}"
        );
    }
}

/// The roles that `torture.sql` has objects depend on.
#[rustfmt::skip]
const ROLES: [&str; 11] = [
    "Owner; of \"all\"", "defaulted", "größe", "line\nbreak", "mapped", "member", "pg\"x", "policed",
    "postgres", "select", "to x, GRANT",
];

#[test]
fn json_tells_the_same_and_versions_and_what_a_restore_needs() {
    for server in TORTURED.iter() {
        let dump = dump(server, "pg_dump", &["torture"]);
        let output = checked(&dump, &["--json"]);
        assert_eq!(output.succeeds(), "");
        assert!(output.stdout.ends_with(b"}\n"));
        let mut json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let lines = report(&dump);
        let contents = json["contents"].take();
        let contents = contents.as_array().expect("a list");
        assert_eq!(contents.iter().map(line).collect::<String>(), lines);
        let others = ["sequences\t", "large objects\t"];
        let is_table = |line: &&str| others.iter().all(|it| !line.starts_with(it));
        let rows = |line: &str| line.split('\t').nth(1)?.parse::<u64>().ok();
        let tables = lines.lines().filter(is_table);
        let version = server.sql("postgres", "SHOW server_version");
        let version = version.split([' ', '\n']).next();
        let expected = json!({
            "kind": "database",
            "server_version": version,
            "pg_dump_version": version,
            "encoding": "UTF8",
            "bytes": dump.len(),
            "tables": tables.clone().count(),
            "rows": tables.filter_map(rows).sum::<u64>(),
            "sequences": 3,
            "large_objects": 10,
            "needs": {
                "roles": ROLES,
                "tablespaces": ["place; of mine", "plain"],
                "extensions": [],
            },
            "contents": null,
        });
        assert_eq!(json, expected);
    }
}

/// The line for an entry of the JSON object.
fn line(entry: &Value) -> String {
    let text = |field: &str| entry[field].as_str().expect("text").to_owned();
    let (name, fingerprint) = (text("name"), text("fingerprint"));
    let (rows, bytes) = (&entry["rows"], &entry["bytes"]);
    format!("{name}\t{rows}\t{bytes}\t{fingerprint}\n")
}

#[test]
fn what_the_server_lacks_is_asked_for() {
    let server = &TORTURED[0];
    let dump = with_text(
        "CREATE EXTENSION IF NOT EXISTS \"no such; it's\" WITH SCHEMA public;\n\n\
         CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;\n",
    );
    let directory = tempfile::tempdir().expect("room");
    let plan = directory.path().join("plan");
    let plan = plan.to_str().expect("text");
    checked(&dump, &["--plan", plan]).succeeds();
    let script = ". \"$1\"; psql -XAt -d postgres -c \"$missing\"";
    let mut shell = server.command("sh");
    let missing = written(shell.args(["-c", script, "sh", plan]));
    assert_eq!(missing, b"extension no such; it's\n");
    let mode = fs::metadata(plan).expect("a plan").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// "0 tables" of a dump that has large objects alone says too little.
#[test]
fn a_plan_counts_what_is_no_table_too() {
    let dump = dump(&TORTURED[0], "pg_dump", &["torture"]);
    let directory = tempfile::tempdir().expect("room");
    let plan = directory.path().join("plan");
    let plan = plan.to_str().expect("text");
    checked(&dump, &["--plan", plan]).succeeds();
    let script = ". \"$1\"; echo $tables $rows $sequences $large_objects";
    let counted = written(Command::new("sh").args(["-c", script, "sh", plan]));
    let counts = "SELECT count(*) FROM pg_sequences; SELECT count(*) FROM pg_largeobject_metadata";
    let counts = TORTURED[0].sql("torture", counts).replace('\n', " ");
    let counted = String::from_utf8_lossy(&counted).into_owned();
    assert_eq!(counted.trim_end(), format!("14 667 {counts}").trim_end());
}

/// A plan for half a dump would restore half a database.
#[test]
fn nothing_is_printed_or_planned_of_what_is_not_whole() {
    let directory = tempfile::tempdir().expect("room");
    let plan = directory.path().join("plan");
    let arguments = ["--plan", plan.to_str().expect("text")];
    let output = checked(b"--\n-- PostgreSQL database dump\n--\n\n", &arguments);
    let message = "cback-pgdump: the dump breaks off in line 4: \
                   \"-- PostgreSQL database dump complete\" is missing\n";
    assert_eq!(output.fails(1), message);
    assert!(output.stdout.is_empty() && !plan.exists());
}

/// Cedar's extension writes what pg_dump and pg_dumpall write; before August 2025, without keys.
#[test]
fn dumps_without_keys_are_whole_too() {
    for (program, arguments) in [("pg_dump", &["torture"][..]), ("pg_dumpall", &[])] {
        let new = dump(&TORTURED[0], program, arguments);
        // Not the rows that look like one.
        let is_key = |line: &[u8]| line.len() > 50 && without_keys(line).is_empty();
        let lines = new.split_inclusive(|&byte| byte == b'\n');
        let kept: Vec<_> = lines.filter(|line| !is_key(line)).collect();
        let mut old = kept.concat();
        assert!(old.len() + 100 < new.len(), "{program}");
        // The line after `\unrestrict`, of one database's dump.
        if old.ends_with(b"\n\n\n") {
            old.pop();
        }
        assert_eq!(report(&old), report(&new), "{program}");
    }
}

/// By the definition: XXH3 of each value, seeded by XXH3 of its column's name; XXH3 of their sum
/// of each row; the sum of these. So can be compared what was checked on another machine, by another
/// version of this program.
#[test]
fn fingerprints_stay_as_they_are_whatever_the_order_of_rows_and_columns() {
    let value =
        |column: &str, value: &str| xxh3_64_with_seed(value.as_bytes(), xxh3_64(column.as_bytes()));
    let row = |one: u64, other: u64| xxh3_64(&one.wrapping_add(other).to_le_bytes());
    let first = row(value("b", "1"), value("a", "x"));
    let second = row(value("b", "\\N"), value("a", ""));
    let expected = format!("public.t\t2\t8\t{:016x}\n", first.wrapping_add(second));
    for (columns, rows) in [
        ("b, a", "1\tx\n\\N\t\n"),
        ("b, a", "\\N\t\n1\tx\n"),
        ("a, b", "x\t1\n\t\\N\n"),
    ] {
        let found = report(&with_rows(columns, rows));
        assert_eq!(found, expected, "{columns}: {rows:?}");
    }
}

/// As many rows and bytes, but others: an exclusive or would not see equal rows.
#[test]
fn rows_that_come_twice_count_twice() {
    let with = |rows| report(&with_rows("a", rows));
    assert_ne!(with("1\n1\n3\n"), with("2\n2\n3\n"));
    assert_ne!(with("1\n1\n"), with("2\n2\n"));
}

/// Each table is one line, whatever its name.
#[test]
fn a_name_with_a_line_end_is_on_one_line() {
    let dump = with_text("COPY public.\"a\nb\\\t\" (a) FROM stdin;\n1\n\\.\n");
    let report = report(&dump);
    let start = "public.\"a\\nb\\\\\\t\"\t1\t2\t";
    assert!(report.starts_with(start), "{report}");
    assert_eq!(report.lines().count(), 1, "{report}");
}

/// Else a dump could write to the terminal of whoever looks at it.
#[test]
fn no_control_character_is_shown_of_a_version() {
    let versions =
        "-- Dumped from database version 15\x1b]0;x\x07\n-- Dumped by pg_dump version 18.4";
    let contents = check(&with_text(versions)[..]).expect("a whole dump");
    let mut json = Vec::new();
    write_json(&contents, &mut json).expect("room");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["server_version"], "15?]0;x?");
    assert_eq!(json["pg_dump_version"], "18.4");
}
