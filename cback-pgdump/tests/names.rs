//! Database names are data: whatever a name looks like, that database is dumped and no other.

mod server;

use cback_tests::{Server, installations};
use server::{SERVER, cback_pgdump, dumped, run, stderr};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;

/// What libpq, pg_dump, a shell or a path could take for something else.
const NAMES: [&str; 36] = [
    "plain",
    "a=b",
    "dbname=decoy",
    "dbname=decoy user=nobody",
    "postgresql://h/d",
    "postgres:///decoy",
    "-x",
    "-f/tmp/cback-pgdump-must-not-write-this",
    "--dbname=decoy",
    "--help",
    "--",
    "-",
    "it's",
    "''",
    "\"quoted\"",
    "\"",
    "back\\slash",
    "ends with \\",
    "\\'",
    "$(echo decoy)",
    "`echo decoy`",
    "$HOME ${HOME} $$",
    "%s%n%2F",
    "../decoy/./",
    "/",
    " ",
    " blanks around ",
    "line\nbreak",
    "\n",
    "tab\tand\rreturn",
    "*?[a-z]{x,y}~;&|<>!#",
    "DECOY",
    "größe-データ-😀",
    "\u{1}\u{7f}",
    "exactly-sixty-three-bytes-exactly-sixty-three-bytes-exactly-six",
    "ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß!",
];

/// The server with all of them, each with one table, `t_N`.
static DATABASES: LazyLock<&Server> = LazyLock::new(|| {
    for (number, name) in NAMES.iter().chain(["decoy"].iter()).enumerate() {
        SERVER.create_database(name);
        SERVER.sql(name, &format!("CREATE TABLE t_{number:02} ()"));
    }
    let services = "[decoy]\ndbname=decoy\nuser=nobody-at-all\n[]\ndbname=decoy\n";
    fs::write(SERVER.host().join("services"), services).expect("room for a service file");
    &SERVER
});

#[track_caller]
fn assert_holds_table(dump: &str, number: usize) {
    let tables: Vec<_> = dump
        .lines()
        .filter(|line| line.starts_with("CREATE TABLE "))
        .collect();
    assert_eq!(tables, [format!("CREATE TABLE public.t_{number:02} (")]);
}

#[test]
fn each_name_in_pgdatabase_dumps_its_database() {
    LazyLock::force(&DATABASES);
    for (number, name) in NAMES.iter().enumerate() {
        assert_holds_table(&dumped(cback_pgdump().env("PGDATABASE", name)), number);
    }
}

#[test]
fn each_name_as_an_argument_dumps_its_database() {
    LazyLock::force(&DATABASES);
    let is_argument = |name: &&(usize, &&str)| !name.1.starts_with('-');
    let names: Vec<_> = NAMES.iter().enumerate().collect();
    for (number, name) in names.iter().filter(is_argument) {
        assert_holds_table(
            &dumped(cback_pgdump().arg(name).env("PGDATABASE", "decoy")),
            *number,
        );
    }
}

#[test]
fn a_service_does_not_lead_to_another_database_or_role() {
    let services = DATABASES.host().join("services");
    for (number, name) in NAMES.iter().enumerate() {
        let mut command = cback_pgdump();
        command
            .env("PGSERVICEFILE", &services)
            .env("PGSERVICE", "decoy");
        assert_holds_table(&dumped(command.env("PGDATABASE", name)), number);
    }
}

#[test]
fn an_empty_service_is_a_service() {
    let services = DATABASES.host().join("services");
    let mut command = cback_pgdump();
    command.env("PGSERVICEFILE", &services).env("PGSERVICE", "");
    assert_holds_table(&dumped(command.arg("plain")), 0);
}

/// What follows `--` is pg_dump's, and there it could name another database.
const DETOURS: [&[&str]; 7] = [
    &["decoy"],
    &["-d", "decoy"],
    &["-ddecoy"],
    &["--dbname=decoy"],
    &["--dbname", "dbname=decoy"],
    &["--", "decoy"],
    &["-s", "decoy", "-s"],
];

#[test]
fn no_further_option_leads_to_another_database() {
    let services = DATABASES.host().join("services");
    // On Debian a wrapper, which reads the arguments too.
    let usual = Path::new("/usr/bin/pg_dump").to_owned();
    let clients = installations().into_iter().map(|one| one.bin);
    for program in clients.map(|bin| bin.join("pg_dump")).chain([usual]) {
        for detour in DETOURS {
            for (service, strict) in [(false, false), (false, true), (true, false), (true, true)] {
                let mut command = cback_pgdump();
                command.args(["plain", "--seal", "walrus", "--pg-dump"]);
                command.arg(&program).arg("--").args(detour);
                if service {
                    command.env("PGSERVICEFILE", &services);
                    command.env("PGSERVICE", "decoy");
                }
                if strict {
                    command.env("POSIXLY_CORRECT", "1");
                }
                assert_plain_or_nothing(&run(&mut command), &format!("{command:?}"));
            }
        }
    }
}

#[track_caller]
fn assert_plain_or_nothing(output: &Output, command: &str) {
    let dump = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        assert_holds_table(&dump, 0);
    } else {
        assert_eq!(dump, "", "{command}");
        let said = stderr(output);
        assert!(said.contains("too many command-line arguments"), "{said}");
    }
}

#[test]
fn a_service_does_not_lead_all_databases_to_another_role() {
    let services = DATABASES.host().join("services");
    let mut command = cback_pgdump();
    command
        .env("PGSERVICEFILE", &services)
        .env("PGSERVICE", "decoy");
    // A newline in a database's name is more than pg_dumpall can take.
    let dump = dumped(command.args(["--all", "--user", "postgres", "--", "--globals-only"]));
    assert!(dump.contains("CREATE ROLE postgres;"), "{dump}");
}

#[test]
fn a_name_need_not_be_utf_8() {
    let latin1 = OsStr::from_bytes(b"caf\xe9");
    SERVER.sql(
        "postgres",
        "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0",
    );
    let create = b"CREATE DATABASE \"caf\xe9\" ENCODING 'SQL_ASCII' TEMPLATE template0;\n";
    let script = SERVER.host().join("latin1.sql");
    fs::write(&script, create).expect("room for a script");
    let mut psql = SERVER.command(SERVER.bin().join("psql"));
    assert!(
        run(psql.args(["-Xq", "-d", "bytes", "-f"]).arg(script))
            .status
            .success()
    );
    let output = run(cback_pgdump().arg(latin1).args(["--", "--create"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let create = b"CREATE DATABASE \"caf\xe9\"";
    assert!(
        output
            .stdout
            .windows(create.len())
            .any(|window| window == create)
    );
    let missing = run(cback_pgdump().arg(OsStr::from_bytes(b"th\xe9")));
    let ours = "cback-pgdump: database \"th\\xE9\": pg_dump failed (exit status: 1)\n";
    assert!(stderr(&missing).ends_with(ours), "{}", stderr(&missing));
}

/// A server before 17 cuts a name at 63 bytes and opens whatever has the shorter name.
#[test]
fn a_name_that_the_server_would_cut_is_refused() {
    let name = NAMES[34];
    assert_eq!(name.len(), 63);
    LazyLock::force(&DATABASES);
    let output = run(cback_pgdump().env("PGDATABASE", format!("{name}y")));
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = format!("cback-pgdump: database \"{name}y\": a name has at most 63 bytes\n");
    assert_eq!(stderr(&output), message);
}

#[test]
fn an_empty_name_is_wrong_usage() {
    for output in [
        run(cback_pgdump().arg("").env("PGDATABASE", "postgres")),
        run(cback_pgdump().env("PGDATABASE", "")),
        run(cback_pgdump().env_remove("PGDATABASE")),
    ] {
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let message = "error: no database: name one, set PGDATABASE, or say --all or --globals\n";
        assert!(stderr(&output).starts_with(message), "{}", stderr(&output));
    }
}

#[test]
fn a_name_beside_all_is_wrong_usage() {
    let output = run(cback_pgdump().args(["--all", "postgres"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[test]
fn an_empty_user_is_none() {
    let output = run(cback_pgdump().args(["-U", "", "postgres"]));
    assert!(output.status.success(), "{}", stderr(&output));
}
