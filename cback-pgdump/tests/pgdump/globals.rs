//! Roles and tablespaces alone, proven whole like any dump.

use crate::{SEAL, TIMEOUT, VERSIONS, WHOLE, dumped, failed, pgdump, run, with_shim, written};
use cback_pgdump::check::{Key, check, write_lines};
use cback_tests::{Finished, Server, installations, run_with_input, server, without_keys, wrapped};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
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

/// A cluster's contents beside tables. `DIRECTORY` is the tablespaces'.
const ODDITIES: &str = r#"
CREATE ROLE admin SUPERUSER LOGIN PASSWORD 'it''s secret';
CREATE ROLE "O'Hara ""the"" \ role
; CREATE ROLE x;" CREATEDB VALID UNTIL '2030-01-01' CONNECTION LIMIT 3;
COMMENT ON ROLE admin IS 'first line
CREATE ROLE postgres;';
CREATE ROLE "user"; CREATE ROLE clerk NOINHERIT LOGIN; CREATE ROLE boss; CREATE ROLE temp;
GRANT clerk TO boss WITH ADMIN OPTION;
SET ROLE boss; GRANT clerk TO "user"; RESET ROLE;
GRANT boss TO temp;
ALTER ROLE clerk SET statement_timeout = '1min';
CREATE TABLESPACE fast OWNER clerk LOCATION 'DIRECTORY/fast';
CREATE TABLESPACE "odd one" LOCATION 'DIRECTORY/odd';
CREATE DATABASE "odd -- name" OWNER "O'Hara ""the"" \ role
; CREATE ROLE x;" TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' TABLESPACE fast CONNECTION LIMIT 7;
COMMENT ON DATABASE "odd -- name" IS 'it''s
CREATE DATABASE postgres;';
ALTER DATABASE "odd -- name" SET search_path = 'a', 'b c';
ALTER ROLE clerk IN DATABASE "odd -- name" SET work_mem = '7MB';
REVOKE CONNECT ON DATABASE "odd -- name" FROM public;
GRANT CONNECT, CREATE ON DATABASE "odd -- name" TO clerk WITH GRANT OPTION;
SET ROLE clerk; GRANT CONNECT ON DATABASE "odd -- name" TO public, boss; RESET ROLE;
CREATE DATABASE readonly TEMPLATE template0 LOCALE 'C.UTF-8' OWNER boss;
ALTER DATABASE readonly SET default_transaction_read_only = on;
GRANT TEMPORARY ON DATABASE readonly TO "user";
CREATE DATABASE "-template" IS_TEMPLATE true;
CREATE DATABASE shut ALLOW_CONNECTIONS false;
ALTER DATABASE postgres SET lock_timeout = '3s'; COMMENT ON DATABASE postgres IS 'hands off';
REVOKE CONNECT, TEMPORARY ON DATABASE postgres FROM public; GRANT CREATE ON DATABASE postgres TO boss;
ALTER ROLE clerk IN DATABASE postgres SET work_mem = '6MB'; ALTER DATABASE postgres OWNER TO boss;
ALTER DATABASE template1 SET work_mem = '6MB'; COMMENT ON DATABASE template1 IS 'mine';
ALTER ROLE ALL SET search_path = '$user', 'a, "b" C', public; ALTER ROLE ALL SET log_statement = 'none';
ALTER ROLE ALL SET temp_tablespaces = ''; ALTER ROLE ALL SET "my.own" = E'it''s\\\n--';
\connect readonly
SET default_transaction_read_only = off;
CREATE TABLE t AS SELECT generate_series(1, 9) AS a;
\connect "odd -- name"
CREATE TABLE public.t AS SELECT generate_series(1, 3) AS a;
ALTER TABLE public.t OWNER TO clerk;
"#;

#[rustfmt::skip]
const DATABASES: [&str; 5] = ["readonly", "odd -- name", "postgres", "template1", "-template"];

/// Rights, settings and comments of all databases and of all roles, of which `pg_dumpall` leaves out some.
const SETTINGS: &str = "
SELECT datname, r.rolname, s FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase
    LEFT JOIN pg_roles r ON r.oid = setrole, unnest(setconfig) s ORDER BY 1, 2, 3;
SELECT datname, datdba::regrole, a, shobj_description(oid, 'pg_database') FROM pg_database
    LEFT JOIN unnest(datacl) a ON true WHERE datallowconn ORDER BY 1, a::text";

/// PyPI's servers are built without ICU.
const WITH_ICU: &str = "CREATE DATABASE icu TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'";

const BUILTIN: &str = "CREATE DATABASE builtin TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER builtin \
    BUILTIN_LOCALE 'C.UTF-8'";

/// Makes `path` the directory of the tablespaces, whose own have to be the server's.
fn make_tablespaces(server: &Server, path: &Path) {
    fs::create_dir(path).expect("/tmp is writable");
    fs::set_permissions(path, Permissions::from_mode(0o777)).expect("it is ours");
    let path = path.display();
    let make = format!("COPY (SELECT) TO PROGRAM 'cat; mkdir {path}/fast {path}/odd'");
    server.sql("postgres", &make);
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

#[test]
fn an_empty_server_becomes_what_the_source_was() {
    for installation in installations() {
        let top = tempfile::tempdir_in("/tmp").expect("/tmp is writable");
        fs::set_permissions(top.path(), Permissions::from_mode(0o755)).expect("it is ours");
        let path = top.path().join("spaces");
        let source = Server::start_from(&installation);
        make_tablespaces(&source, &path);
        let directory = path.to_str().expect("text");
        source.sql("postgres", &ODDITIES.replace("DIRECTORY", directory));
        let mut databases = DATABASES.to_vec();
        if installation.bin.starts_with("/usr/lib") {
            source.sql("postgres", WITH_ICU);
            databases.push("icu");
        }
        if installation.major >= 17 {
            source.sql("postgres", BUILTIN);
            databases.push("builtin");
        }
        let globals = with_databases(&source, &databases);
        let dump = |name: &&str| written(source.command("pg_dump").env("PGDATABASE", name));
        let dumps: Vec<_> = databases.iter().map(dump).collect();
        let whole = written(&source.command("pg_dumpall"));
        let settings = source.sql("postgres", SETTINGS);
        assert!(settings.contains("work_mem=6MB"), "{settings}");
        drop(source);

        fs::remove_dir_all(&path).expect("root's, or ours");
        let target = Server::start_from(&installation);
        make_tablespaces(&target, &path);
        let restore = |database: &str, dump: &[u8]| {
            let writable = "SET default_transaction_read_only = off;\n".to_owned();
            target.sql(database, &(writable + &String::from_utf8_lossy(dump)));
        };
        restore("postgres", &globals);
        for (name, dump) in databases.iter().zip(dumps) {
            restore(name, &dump);
        }
        let again = written(&target.command("pg_dumpall"));
        let text = |dump: &[u8]| String::from_utf8_lossy(&without_keys(dump)).into_owned();
        assert_eq!(text(&again), text(&whole));
        assert_eq!(target.sql("postgres", SETTINGS), settings);
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
