//! "Database names are data: any name PostgreSQL can hold dumps exactly that database."

use crate::{TIMEOUT, dumped, failed, pgdump, run};
use cback_tests::{Finished, Server, installations, run_with_input, wrapped};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// Names that libpq, pg_dump, a shell or a path could take for something else.
#[rustfmt::skip]
const NAMES: [&str; 36] = [
    "plain", "a=b", "dbname=decoy", "dbname=decoy user=nobody", "postgresql://h/d", "postgres:///decoy",
    "-x", "-f/tmp/cback-pgdump-must-not-write-this", "--dbname=decoy", "--help", "--", "-",
    "it's", "''", "\"quoted\"", "\"", "back\\slash", "ends with \\", "\\'",
    "$(echo decoy)", "`echo decoy`", "$HOME ${HOME} $$", "%s%n%2F", "../decoy/./", "/",
    " ", " blanks around ", "line\nbreak", "\n", "tab\tand\rreturn", "*?[a-z]{x,y}~;&|<>!#",
    "DECOY", "größe-データ-😀", "\u{1}\u{7f}", LONGEST, "ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß!",
];

const LONGEST: &str = "exactly-sixty-three-bytes-exactly-sixty-three-bytes-exactly-six";

/// A server with all of them and `decoy`, each with one table, `t_N`.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    for (number, name) in NAMES.iter().chain(["decoy"].iter()).enumerate() {
        server.create_database(name);
        server.sql(name, &format!("CREATE TABLE t_{number:02} ()"));
    }
    let services = "[decoy]\ndbname=decoy\nuser=nobody-at-all\n[]\ndbname=decoy\n";
    fs::write(server.host().join("services"), services).expect("room for a service file");
    server
});

/// `cback-pgdump` with PGDATABASE.
fn with_variable(name: &str) -> Command {
    let mut command = pgdump(&SERVER, &[]);
    command.env("PGDATABASE", name);
    command
}

/// Has libpq read another database and user from a service file.
fn beside_service(command: &mut Command, service: &str) {
    command.env("PGSERVICEFILE", SERVER.host().join("services"));
    command.env("PGSERVICE", service);
}

#[track_caller]
fn assert_holds_table(dump: &[u8], number: usize, command: &Command) {
    let text = String::from_utf8_lossy(dump);
    let tables = text.matches("\nCREATE TABLE ").count();
    let is_there = text.contains(&format!("\nCREATE TABLE public.t_{number:02} ("));
    assert!(tables == 1 && is_there, "{command:?}: {text}");
}

#[test]
fn each_name_dumps_its_database() {
    for (number, name) in NAMES.iter().enumerate() {
        let mut beside = with_variable(name);
        beside_service(&mut beside, "decoy");
        let mut commands = vec![with_variable(name), beside];
        if number == 0 {
            commands.push(with_variable(name));
            beside_service(&mut commands[2], ""); // an empty service is one too
        }
        // By an argument only what is no option.
        if !name.starts_with('-') {
            let mut given = with_variable("decoy");
            given.arg(name);
            commands.push(given);
        }
        for command in commands {
            assert_holds_table(&dumped(&command), number, &command);
        }
    }
}

#[test]
fn a_service_does_not_lead_all_databases_to_another_role() {
    // A newline in a database's name is more than pg_dumpall can take.
    let options = ["--all", "--user", "postgres", "--", "--globals-only"];
    let mut command = pgdump(&SERVER, &options);
    beside_service(&mut command, "decoy");
    dumped(&command);
    dumped(&pgdump(&SERVER, &["-U", "", "plain"])); // an empty user is none
}

/// Options after `--` are pg_dump's, and could name another database.
#[rustfmt::skip]
const DETOURS: [&[&str]; 7] = [
    &["decoy"], &["-d", "decoy"], &["-ddecoy"], &["--dbname=decoy"], &["--dbname", "dbname=decoy"],
    &["--", "decoy"], &["-s", "decoy", "-s"],
];

#[test]
fn no_further_option_leads_to_another_database() {
    // On Debian a wrapper, which reads the arguments too.
    let usual = Path::new("/usr/bin/pg_dump").to_owned();
    let clients = installations().into_iter();
    let clients = clients.map(|one| one.bin.join("pg_dump"));
    for program in clients.chain([usual]) {
        for detour in DETOURS {
            let mut command = pgdump(&SERVER, &["plain", "--pg-dump"]);
            command.arg(&program).arg("--").args(detour);
            assert_plain_or_refused(&command);
            beside_service(&mut command, "decoy");
            assert_plain_or_refused(&command);
            assert_plain_or_refused(command.env("POSIXLY_CORRECT", "1"));
        }
    }
}

#[track_caller]
fn assert_plain_or_refused(command: &Command) {
    let output = run(command);
    if output.status.success() {
        assert_holds_table(&output.stdout, 0, command);
    } else {
        let said = output.fails(1);
        assert_eq!(output.printed(), "", "{command:?}");
        let reasons = ["too many command-line arguments", "server version mismatch"];
        assert!(reasons.iter().any(|it| said.contains(it)), "{said}");
    }
}

#[test]
fn a_name_need_not_be_utf_8() {
    let create = "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0";
    SERVER.sql("postgres", create);
    let create = b"CREATE DATABASE \"caf\xe9\" ENCODING 'SQL_ASCII' TEMPLATE template0;\n";
    let mut psql = SERVER.command("psql");
    psql.args(["-Xq", "-v", "ON_ERROR_STOP=1", "-d", "bytes", "-f", "-"]);
    run_with_input(&mut wrapped(TIMEOUT, &psql), create).succeeds();
    let mut command = pgdump(&SERVER, &[]);
    command.arg(OsStr::from_bytes(b"caf\xe9"));
    let dump = dumped(command.args(["--", "--create"]));
    let create = b"CREATE DATABASE \"caf\xe9\"";
    assert!(dump.windows(create.len()).any(|window| window == create));
    let said = failed(pgdump(&SERVER, &[]).arg(OsStr::from_bytes(b"th\xe9"))).said();
    let ours = "cback-pgdump: database \"th\\xE9\": pg_dump failed (exit status: 1)\n";
    assert!(said.ends_with(ours), "{said}");
}

/// A server before 17 cuts a name at 63 bytes and opens whatever has the shorter name.
#[test]
fn a_name_that_the_server_would_cut_is_refused() {
    let name = format!("{LONGEST}y");
    let output = failed(&with_variable(&name));
    let message = format!("cback-pgdump: database \"{name}\": a name has at most 63 bytes\n");
    assert_eq!((output.printed(), output.said()), (String::new(), message));
}
