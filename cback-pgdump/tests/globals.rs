//! Roles and tablespaces alone, proven whole like any dump.

mod server;

use cback_tests::{Server, installations, tool};
use server::{dumped, run, stderr, with_shim, without_keys};
use std::fs::{self, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

const SEAL: &str = "a-word-for-this-dump";

fn cback_pgdump(server: &Server) -> Command {
    let mut command = server.command(tool("cback-pgdump"));
    command.args(["--globals", "--seal", SEAL]);
    command
}

#[test]
fn globals_are_pg_dumpalls_own_with_passwords() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        server.sql("postgres", "CREATE ROLE \"a b\" PASSWORD 'secret'");
        let original = dumped(server.command("pg_dumpall").arg("--globals-only"));
        let sealed = dumped(&mut cback_pgdump(&server));
        let globals = sealed.strip_suffix(SEAL).expect("a seal");
        assert!(globals.contains("CREATE ROLE \"a b\";\n"), "{globals}");
        assert!(globals.contains(" PASSWORD 'SCRAM-SHA-256$"), "{globals}");
        assert_eq!(without_keys(globals), without_keys(&original));
    }
}

#[test]
fn a_role_that_may_not_read_passwords_dumps_the_rest_and_is_told() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        server.sql(
            "postgres",
            "CREATE ROLE clerk LOGIN PASSWORD 'secret'; CREATE ROLE other",
        );
        let output = run(cback_pgdump(&server).env("PGUSER", "clerk"));
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        let ours = "cback-pgdump: globals: without the roles' passwords, which this user may not \
            read\ncback-pgdump: hint: set them again after a restore, or have a superuser make \
            this dump\n";
        assert!(said.ends_with(ours), "{said}");
        let sealed = String::from_utf8(output.stdout).expect("text");
        let globals = sealed.strip_suffix(SEAL).expect("a seal");
        assert_eq!(globals.matches("cluster dump\n").count(), 1, "{globals}");
        assert!(globals.contains("CREATE ROLE other;\n") && !globals.contains("PASSWORD"));
    }
}

/// Other failures are failures, and nothing is written for a dump that breaks off.
#[test]
fn what_is_not_whole_is_not_globals() {
    for script in [
        "echo CREATE ROLE a",
        "exit 1",
        "echo pg_authid >&2; exit 1",
        "printf '%s\n' '-- PostgreSQL database dump complete' -- ''",
    ] {
        let output = run(with_shim(script).args(["--globals", "--seal", SEAL]));
        assert_eq!(output.status.code(), Some(1), "{script}");
        assert!(output.stdout.is_empty(), "{script}");
        assert!(
            stderr(&output).contains("cback-pgdump: globals: "),
            "{script}"
        );
    }
}

/// What a cluster can hold beside tables. `DIRECTORY` is the tablespaces'.
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
CREATE DATABASE readonly TEMPLATE template0 LOCALE 'C.UTF-8' OWNER boss;
ALTER DATABASE readonly SET default_transaction_read_only = on;
GRANT TEMPORARY ON DATABASE readonly TO "user";
CREATE DATABASE "-template" IS_TEMPLATE true;
CREATE DATABASE shut ALLOW_CONNECTIONS false;
ALTER DATABASE postgres SET lock_timeout = '3s';
COMMENT ON DATABASE template1 IS 'mine';
\connect readonly
SET default_transaction_read_only = off;
CREATE TABLE t AS SELECT generate_series(1, 9) AS a;
\connect "odd -- name"
CREATE TABLE public.t AS SELECT generate_series(1, 3) AS a;
ALTER TABLE public.t OWNER TO clerk;
"#;

const DATABASES: [&str; 4] = ["readonly", "odd -- name", "postgres", "-template"];

/// PyPI's servers are built without ICU.
const WITH_ICU: &str = "CREATE DATABASE icu TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'";

/// A directory for tablespaces that any account may write to.
fn make_directory(path: &Path) {
    fs::create_dir(path).expect("/tmp is writable");
    fs::set_permissions(path, Permissions::from_mode(0o777)).expect("it is ours");
}

/// The tablespaces' directories have to be the server's own.
fn make_tablespaces(server: &Server, path: &Path) {
    let path = path.display();
    let make = format!("COPY (SELECT) TO PROGRAM 'mkdir {path}/fast {path}/odd'");
    server.sql("postgres", &make);
}

/// Roles, tablespaces and empty databases, as the script has them made.
fn with_databases(server: &Server, databases: &[&str]) -> String {
    let names = databases.join("\0") + "\0";
    let mut command = server.command(tool("cback-pgdump"));
    command.args(["--globals", "--databases0-from", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let child = child.as_mut().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(names.as_bytes()).expect("it reads");
    drop(stdin);
    let mut text = String::new();
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_to_string(&mut text).expect("text");
    assert!(child.wait().expect("a child of ours").success());
    text
}

fn restore(server: &Server, database: &str, dump: &str) {
    let writable = "SET default_transaction_read_only = off;\n";
    server.sql(database, &format!("{writable}{dump}"));
}

#[test]
fn an_empty_server_becomes_what_the_source_was() {
    for installation in installations() {
        let top = tempfile::tempdir_in("/tmp").expect("/tmp is writable");
        fs::set_permissions(top.path(), Permissions::from_mode(0o755)).expect("it is ours");
        let path = top.path().join("spaces");
        make_directory(&path);
        let source = Server::start_from(&installation);
        make_tablespaces(&source, &path);
        let directory = path.to_str().expect("text");
        source.sql("postgres", &ODDITIES.replace("DIRECTORY", directory));
        let mut databases = DATABASES.to_vec();
        if installation.bin.starts_with("/usr/lib") {
            source.sql("postgres", WITH_ICU);
            databases.push("icu");
        }
        let globals = with_databases(&source, &databases);
        let dump = |name: &&str| dumped(source.command("pg_dump").env("PGDATABASE", name));
        let dumps: Vec<_> = databases.iter().map(dump).collect();
        let whole = dumped(&mut source.command("pg_dumpall"));
        drop(source);

        fs::remove_dir_all(&path).expect("root's, or ours");
        make_directory(&path);
        let target = Server::start_from(&installation);
        make_tablespaces(&target, &path);
        target.sql("postgres", &globals);
        for (name, dump) in databases.iter().zip(dumps) {
            restore(&target, name, &dump);
        }
        let again = dumped(&mut target.command("pg_dumpall"));
        assert_eq!(without_keys(&again), without_keys(&whole));
    }
}

/// What is there already is said, and the rest is restored.
#[test]
fn a_server_that_has_some_of_it_gets_the_rest() {
    let server = Server::start();
    server.sql(
        "postgres",
        "CREATE ROLE clerk; CREATE DATABASE shop OWNER clerk",
    );
    server.sql("postgres", "ALTER DATABASE shop SET work_mem = '7MB'");
    let globals = with_databases(&server, &["shop"]);
    server.sql("postgres", "ALTER DATABASE shop RESET work_mem");
    let mut psql = server.command(server.bin().join("psql"));
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(globals.as_bytes()).expect("room");
    let output = run(psql.args(["-Xq", "-d", "postgres", "-f"]).arg(file.path()));
    let said = stderr(&output);
    for there in ["role \"clerk\"", "role \"postgres\"", "database \"shop\""] {
        assert!(said.contains(&format!("{there} already exists")), "{said}");
    }
    let settings = "SELECT setconfig FROM pg_db_role_setting";
    assert_eq!(server.sql("postgres", settings), "{work_mem=7MB}\n");
}

/// It never contains a table, and is a dump like any other: `--check` reads it, and notices a cut.
#[test]
fn globals_with_databases_are_a_dump_without_tables() {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk; CREATE DATABASE shop");
    server.sql(
        "shop",
        "CREATE SCHEMA s; CREATE TABLE s.secret (a int); SELECT lo_create(9)",
    );
    let globals = with_databases(&server, &["shop", "postgres"]);
    assert!(
        !globals.contains("secret") && !globals.contains("CREATE SCHEMA"),
        "{globals}"
    );
    let check = |text: &[u8]| {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(text).expect("room");
        file.rewind().expect("a file");
        run(server
            .command(tool("cback-pgdump"))
            .arg("--check")
            .stdin(file))
    };
    let output = check(globals.as_bytes());
    assert!(output.status.success(), "{}", stderr(&output));
    let listed = String::from_utf8(output.stdout).expect("text");
    assert_eq!(listed.split('\t').next(), Some("roles"), "{listed}");
    for length in (0..globals.len()).step_by(7) {
        let output = check(&globals.as_bytes()[..length]);
        assert_eq!(output.status.code(), Some(1), "cut at {length}");
    }
}

/// Any failure of that query shows the query, which names `pg_authid`.
#[test]
fn a_query_that_fails_is_no_refusal_of_passwords() {
    let script = "case \"$*\" in *--no-role-passwords*) ;; *)
        echo 'pg_dumpall: error: query failed: ERROR:  canceling statement due to lock timeout' >&2
        printf 'pg_dumpall: detail: Query was: SELECT oid, rolname\\nFROM pg_authid ORDER BY 2\\n' >&2
        exit 1 ;; esac
        printf '%s\\n' '--' '-- PostgreSQL database cluster dump' '-- PostgreSQL database cluster dump complete' '--' ''";
    let output = run(with_shim(script).args(["--globals", "--seal", SEAL]));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
}

/// A database that is named twice is created once; one that psql cannot connect to is left out, and told.
#[test]
fn databases_are_recreated_once_and_where_that_is_possible() {
    let server = Server::start();
    server.create_database("line\nend");
    server.create_database("shop");
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), "shop\0line\nend\0shop\0").expect("room");
    let mut command = cback_pgdump(&server);
    let output = run(command.arg("--databases0-from").arg(file.path()));
    let said = stderr(&output);
    assert!(output.status.success(), "{said}");
    let told = "cback-pgdump: globals: without what recreates database \"line\\nend\"";
    assert!(said.contains(told), "{said}");
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(text.matches("\nCREATE DATABASE ").count(), 1, "{text}");
}

/// No list of names is taken that breaks off, and no database is left out.
#[test]
fn what_cannot_be_recreated_is_a_failure() {
    let server = Server::start();
    for (names, said) in [
        (&b"postgres"[..], "the last name does not end in NUL"),
        (b"postgres\0missing\0", "database \"missing\""),
        (b"\0", "a name is empty"),
        (b"", "no database's name"),
    ] {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(names).expect("room");
        let mut command = cback_pgdump(&server);
        let output = run(command.arg("--databases0-from").arg(file.path()));
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(output.stdout.is_empty(), "{said}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}
