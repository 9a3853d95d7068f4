//! "Prints what is in it, one line a table, sorted by name: name, rows, bytes, fingerprint. The fingerprint
//! does not depend on the order of the rows, nor of the columns."

use crate::{TORTURED, checked, dump, refused, report, rows, with_rows, with_text, written};
use cback_pgdump::check::Fault;
use cback_tests::{Finished, without_keys};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// As many rows by COPY as by INSERT; one INSERT for each or for several, and an addition to it, change nothing.
#[test]
fn all_ways_to_write_a_row_are_alike() {
    for server in TORTURED.iter() {
        let report_of =
            |options: &[&str]| report(&dump(server, "pg_dump", &[options, &["torture"]].concat()));
        let copied = report_of(&[]);
        assert_eq!(report_of(&["--verbose", "--clean"]), copied);
        let mut copied = rows(&copied);
        copied.retain(|line| !line.ends_with(" 0")); // it has no INSERT statement
        for kind in ["--inserts", "--column-inserts"] {
            let inserted = report_of(&[kind]);
            assert_eq!(rows(&inserted), copied, "{kind}");
            let others = [kind, "--rows-per-insert=7", "--on-conflict-do-nothing"];
            assert_eq!(report_of(&others), inserted);
        }
    }
}

#[test]
fn a_changed_value_of_an_insert_is_found_and_another_order_is_none() {
    let inserted = |rows: &str| with_text(&format!("INSERT INTO t (a, b) VALUES {rows};"));
    let usual = report(&inserted("(1, 'it''s; (x), y'), (NULL, B'101')"));
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
        assert_ne!(report(&inserted(other)), usual, "{other}");
    }
    for damaged in ["(1)", "(1, 2, 3)", "(1, )", "(1, 2", ""] {
        let fault = refused(&inserted(damaged));
        assert!(matches!(fault, Fault::Damaged { .. }), "{damaged}");
    }
}

/// Also "0 tables" of a dump that has large objects alone says too little; and no control character of a
/// dump reaches the terminal of whoever looks at it.
#[test]
fn a_plan_tells_versions_counts_and_what_the_server_lacks() {
    let server = &TORTURED[0];
    let version = server.sql(
        "torture",
        "SELECT split_part(current_setting('server_version'), ' ', 1)",
    );
    let count = "SELECT count(*) FROM pg_sequences; SELECT count(*) FROM pg_largeobject_metadata";
    let version = version.trim_end();
    let counts = server.sql("torture", count);
    let torture = format!("database {version} {version} UTF8 14 667 {counts}").replace('\n', " ");
    let odd = with_text(
        "-- Dumped from database version 15\x1b]0;x\x07\n-- Dumped by pg_dump version 18.4\n\
         SET client_encoding = 'LATIN1';\n\
         CREATE EXTENSION IF NOT EXISTS \"no such; it's\" WITH SCHEMA public;\n\
         CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;\n",
    );
    let odd_told = "database 15?]0;x? 18.4 LATIN1 0 0 0 0 extension no such; it's".to_owned();
    let directory = tempfile::tempdir().expect("room");
    let plan = directory.path().to_str().expect("text");
    let script = "cd \"$1\"; . ./facts; echo $kind $server_version $pg_dump_version $encoding $tables $rows $sequences \
        $large_objects $(psql -XAt -d postgres -qf lacks.sql)";
    for (dump, told) in [
        (dump(server, "pg_dump", &["torture"]), torture),
        (odd, odd_told),
    ] {
        checked(&dump, &["--plan", plan]).succeeds();
        let facts = fs::read(directory.path().join("facts")).expect("facts");
        assert!(checked(&dump, &["--facts"]).stdout == facts);
        let mut shell = server.command("sh");
        let found = written(shell.args(["-c", script, "sh", plan]));
        assert_eq!(String::from_utf8_lossy(&found).trim_end(), told.trim_end());
    }
    for file in fs::read_dir(plan).expect("a plan") {
        let mode = file
            .and_then(|file| file.metadata())
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// A plan for half a dump would restore half a database.
#[test]
fn nothing_is_printed_or_planned_of_what_is_not_whole() {
    let directory = tempfile::tempdir().expect("room");
    for arguments in [
        &["--plan", directory.path().to_str().expect("text")][..],
        &["--facts"],
    ] {
        let output = checked(b"--\n-- PostgreSQL database dump\n--\n\n", arguments);
        let message = "cback-pgdump: the dump breaks off in line 4: \
                       \"-- PostgreSQL database dump complete\" is missing\n";
        assert_eq!(output.fails(1), message);
        assert!(output.stdout.is_empty());
    }
    assert!(
        fs::read_dir(directory)
            .expect("a directory")
            .next()
            .is_none()
    );
}

/// Cedar's extension writes what pg_dump and pg_dumpall write; before August 2025, without keys.
#[test]
fn dumps_without_keys_are_whole_too() {
    for (program, arguments) in [("pg_dump", &["torture"][..]), ("pg_dumpall", &[])] {
        let new = dump(&TORTURED[0], program, arguments);
        // Not the rows that look like one.
        let is_key = |line: &[u8]| line.len() > 50 && without_keys(line).is_empty();
        let lines = new.split_inclusive(|&byte| byte == b'\n');
        let lines: Vec<_> = lines.filter(|line| !is_key(line)).collect();
        let mut old = lines.concat();
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
        assert_eq!(report(&with_rows(columns, rows)), expected, "{rows:?}");
    }
}

/// Each table is one line, whatever its name.
#[test]
fn a_name_with_a_line_end_is_on_one_line() {
    let copy = "COPY public.\"a\nb\\\t\" (a) FROM stdin;\n1\n\\.\n";
    let report = report(&with_text(copy));
    let start = "public.\"a\\nb\\\\\\t\"\t1\t2\t";
    assert!(report.starts_with(start), "{report}");
    assert_eq!(report.lines().count(), 1, "{report}");
}

#[test]
fn a_changed_large_object_or_sequence_is_found() {
    let object = |oid: u32, data: &str| {
        report(&with_text(&format!(
            "SELECT pg_catalog.lo_open('{oid}', 131072);\n\
             SELECT pg_catalog.lowrite(0, '\\x{data}');\nSELECT pg_catalog.lo_close(0);\n"
        )))
    };
    let usual = object(9, "0102");
    assert!(usual.starts_with("large objects\t1\t2\t"), "{usual}");
    assert_ne!(object(8, "0102"), usual);
    assert_ne!(object(9, "0103"), usual);
    let set = |value: &str| {
        let statement = format!("SELECT pg_catalog.setval('public.s', {value});");
        report(&with_text(&statement))
    };
    assert_ne!(set("1, true"), set("2, true"));
    assert_ne!(set("1, true"), set("1, false"));
}
