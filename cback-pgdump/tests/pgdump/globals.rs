//! Roles and tablespaces alone, proven whole like any dump. Whether a server becomes by them what the source was is
//! seen in `tests/tests/restore/cluster.rs`.

use crate::{SEAL, TIMEOUT, VERSIONS, WHOLE, dumped, failed, pgdump, run, with_shim, written};
use cback_pgdump::check::{Key, check, write_lines};
use cback_tests::{Finished, Server, installations, run_with_input, server, without_keys, wrapped};
use std::fs;
use std::process::Command;
use tempfile::NamedTempFile;

/// A role that may not read the roles' passwords dumps the rest, and is told, in no other words: it is a good run.
#[test]
fn globals_are_pg_dumpalls_own_with_passwords_if_these_may_be_read() {
    for server in VERSIONS.iter() {
        let original = written(server.command("pg_dumpall").arg("--globals-only"));
        let globals = dumped(&pgdump(server, &["--globals"]));
        let text = String::from_utf8_lossy(&globals);
        let version = server.sql("postgres", "SHOW server_version");
        let (before, after) = text
            .split_once(&format!("-- Dumped from database version {version}"))
            .expect("the version, which pg_dumpall does not tell");
        let rest = [before, after].concat().into_bytes();
        assert_eq!(without_keys(&rest), without_keys(&original));
        assert!(text.contains(" PASSWORD 'SCRAM-SHA-256$"), "{text}");

        let output = run(pgdump(server, &["--globals"]).env("PGUSER", "owner"));
        let ours = "cback-pgdump: globals: without the roles' passwords, which this user may not \
            read\ncback-pgdump: hint: set them again after a restore, or have a superuser make \
            this dump\n";
        assert_eq!(output.succeeds(), ours);
        let globals = output.printed();
        assert_eq!(globals.matches("cluster dump\n").count(), 1, "{globals}");
        assert!(globals.contains("CREATE ROLE \"line\nend\";\n") && !globals.contains("PASSWORD"));
        assert!(globals.ends_with(SEAL), "{globals}");
    }
}

/// Nothing is written of a dump that is not whole.
#[test]
fn what_is_not_whole_is_not_globals() {
    for script in ["echo CREATE ROLE a", "exit 1", WHOLE] {
        let output = failed(&with_shim(script, &["--globals"]));
        assert_eq!(output.printed(), "", "{script}");
        let said = output.said();
        assert!(said.contains("cback-pgdump: globals: "), "{script}: {said}");
    }
}

/// Roles, tablespaces and empty databases, as the script has them made.
#[track_caller]
fn with_databases(server: &Server, databases: &[&str]) -> Vec<u8> {
    let names = databases.join("\0") + "\0";
    let command = pgdump(server, &["--globals", "--databases0-from", "-"]);
    let output = run_with_input(&mut wrapped(TIMEOUT, &command), names.as_bytes());
    assert_eq!(output.succeeds(), "");
    let globals = output.stdout.strip_suffix(SEAL.as_bytes());
    globals.expect("a seal").to_vec()
}

/// By the statement that pg_dump itself would write, whatever provides the locale.
#[test]
fn a_database_is_recreated_with_its_encoding_and_locale() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        let mut kinds = vec!["ENCODING 'LATIN1' LOCALE 'C'"];
        // PyPI's servers are built without ICU.
        if installation.bin.starts_with("/usr/lib") {
            kinds.push("LOCALE_PROVIDER icu ICU_LOCALE 'de'");
        }
        if installation.major >= 17 {
            kinds.push("LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'");
        }
        for (number, kind) in kinds.iter().enumerate() {
            let name = format!("d{number}");
            let create = format!("CREATE DATABASE {name} TEMPLATE template0 {kind}");
            server.sql("postgres", &create);
            let own = written(server.command("pg_dump").args(["--create", &name]));
            let globals = with_databases(&server, &[&name]);
            let [own, globals] = [own, globals].map(|it| {
                let text = String::from_utf8_lossy(&it).into_owned();
                let created = text.lines().find(|it| it.starts_with("CREATE DATABASE "));
                created.expect(kind).to_owned()
            });
            assert_eq!(globals, own);
        }
    }
}

/// psql's commands have one line each.
const LINES: &str = "two\nlines \r ' \" \\n";

/// It never contains a table, and is a dump like any other: `--check` reads it, and notices a cut. Of what a server has
/// already each thing is said, and the rest is restored.
#[test]
fn globals_with_databases_are_a_dump_without_tables() {
    let server = Server::start();
    let sql =
        "CREATE ROLE clerk; CREATE DATABASE shop OWNER clerk; ALTER ROLE ALL SET work_mem = '5MB'";
    sql.split(';')
        .for_each(|it| drop(server.sql("postgres", it)));
    let tables = "CREATE SCHEMA s; CREATE TABLE s.secret (a int); SELECT lo_create(9)";
    server.sql("shop", tables);
    server.create_database(LINES);
    let quoted = LINES.replace('"', "\"\"");
    let change = |shop: &str, lines: &str| {
        for (name, what) in [("shop", shop), (&*quoted, lines)] {
            server.sql("postgres", &format!("ALTER DATABASE \"{name}\" {what}"));
        }
    };
    change("SET work_mem = '7MB'", "SET work_mem = '9MB'");
    let globals = with_databases(&server, &["shop", "postgres", LINES]);
    let text = String::from_utf8_lossy(&globals);
    let has_tables = text.contains("secret") || text.contains("CREATE SCHEMA");
    assert!(!has_tables, "{text}");
    let check = |dump: &[u8]| check(dump, Key::default());
    let mut listed = Vec::new();
    write_lines(&check(&globals).expect("a whole dump"), &mut listed).expect("room");
    // Not ALTER ROLE ALL, which would be missing from pg_dumpall's of a restored server.
    assert!(listed.starts_with(b"roles\t2\t"), "{listed:?}");
    assert_eq!(String::from_utf8_lossy(&listed).lines().count(), 1);
    let ends = text.match_indices('\n').map(|(end, _)| end + 1);
    for length in ends.filter(|length| *length < globals.len()) {
        assert!(check(&globals[..length]).is_err(), "{}", &text[..length]);
    }
    change("RESET ALL", "RESET ALL");
    let mut psql = server.command("psql");
    psql.args(["-Xq", "-d", "postgres", "-f", "-"]);
    let said = run_with_input(&mut wrapped(TIMEOUT, &psql), &globals).said();
    for there in ["role \"clerk\"", "database \"shop\""] {
        assert!(said.contains(&format!("{there} already exists")), "{said}");
    }
    let settings = "SELECT setconfig FROM pg_db_role_setting WHERE setdatabase > 0 ORDER BY 1";
    assert_eq!(
        server.sql("postgres", settings),
        "{work_mem=7MB}\n{work_mem=9MB}\n"
    );
}

/// `cback-pgdump --globals` with these names of databases, as bytes of a file.
fn from_file(names: &[u8]) -> (NamedTempFile, Command) {
    let file = NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), names).expect("room");
    let mut command = pgdump(server(), &["--globals", "--databases0-from"]);
    command.arg(file.path());
    (file, command)
}

/// "One database failing does not stop the others": of one that does not exist the own dump fails, and is a
/// failure of the run's. One that is named twice is created once, one that no server of the encoding takes not at all.
#[test]
fn databases_are_recreated_once_and_where_that_is_possible() {
    server().create_database("shop");
    let shut = "CREATE DATABASE shut ALLOW_CONNECTIONS false";
    server().sql("postgres", shut);
    let latin = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'";
    server().sql("postgres", latin);
    let in_latin = "SET client_encoding = 'UTF8'; CREATE DATABASE \"é\"";
    server().sql("latin", in_latin);
    let long = "x".repeat(64);
    let names = format!("no \"such\"\0shop\0{long}\0shop\0shut\0");
    let (_file, command) = from_file(&[names.as_bytes(), b"\xe9\0"].concat());
    let output = run(&command);
    let said = output.succeeds();
    let is_ours = |line: &&str| line.starts_with("cback-pgdump: ");
    let ours: Vec<_> = said.lines().filter(is_ours).collect();
    let missing = "does not exist: its definition is not in the globals";
    let expected = [
        format!("cback-pgdump: database \"no \\\"such\\\"\" {missing}"),
        format!("cback-pgdump: database \"{long}\" {missing}"),
        "cback-pgdump: globals: without what recreates database \"\\xE9\"".to_owned(),
    ];
    assert_eq!(ours, expected);
    let text = output.printed();
    assert_eq!(text.matches("\nCREATE DATABASE ").count(), 2, "{text}");
    assert!(text.ends_with(SEAL), "{text}");
}

/// No list of names is taken that breaks off.
#[test]
fn what_cannot_be_recreated_is_a_failure() {
    for (names, fault) in [
        (&b"postgres"[..], "the last name does not end in NUL"),
        (b"\0", "a name is empty"),
        (b"", "no database's name"),
    ] {
        let (_file, command) = from_file(names);
        let output = failed(&command);
        assert_eq!(output.printed(), "", "{fault}");
        assert!(output.said().contains(fault), "{fault}: {}", output.said());
    }
    let endless = pgdump(server(), &["--globals", "--databases0-from", "/dev/zero"]);
    let message = "cback-pgdump: /dev/zero: more than 64 MiB of names\n";
    assert_eq!(failed(&endless).said(), message);
}

/// Where psql cannot be asked, what it would have told is said to be missing.
#[test]
fn settings_of_all_roles_that_cannot_be_had_are_said_to_be_missing() {
    let server = Server::start();
    let clerk = "CREATE ROLE clerk LOGIN IN ROLE pg_read_all_data";
    server.sql("postgres", clerk);
    let end = "printf '%s\\n' -- '-- PostgreSQL database cluster dump complete' -- ''";
    let missing = "\ncback-pgdump: globals: without ALTER ROLE ALL, if there is any: \
        globals: psql failed (exit status: 2)\n";
    // Without postgres, template1 is asked.
    for (shut, told) in [("postgres", ""), ("template1", missing)] {
        let shut = format!("ALTER DATABASE {shut} CONNECTION LIMIT 0");
        server.sql("template1", &shut);
        let mut command = with_shim(end, &["--globals"]);
        command.env("PGHOST", server.host()).env("PGUSER", "clerk");
        let said = run(&command).succeeds();
        let is_all = said.is_empty() == told.is_empty();
        assert!(said.ends_with(told) && is_all, "{said}");
    }
}
