//! `<separate>`: "every database of the server but the excluded, the largest first, and the globals", each in a
//! file of its own; and what is said of databases that are forgotten, come or go.

use crate::with_jobs_on;
use cback_tests::{
    Finished, Run, SHELLS, Server, Shell, Site, in_background, in_each_shell, run_with_input,
    unpacked, wait_for,
};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::ExitStatusExt;
use std::sync::LazyLock;
use std::time::Duration;

in_each_shell!(
    each_database_but_the_excluded_has_a_file_of_its_own_and_the_globals,
    databases_that_come_or_go_during_the_run_are_told,
    where_the_server_cannot_be_asked_in_the_end_what_may_be_amiss_is_said,
    databases_that_would_share_a_file_fail_alone,
    a_signal_ends_a_run_that_waits_for_the_list,
);

/// As Cedar's own extension reads it, this is everything in one file.
const ALL: &str = "<user>postgres</user><compress_mode>gzip</compress_mode><all>Y</all>";

fn site(more: &str) -> Site {
    let site = Site::new();
    configure(&site, more);
    site
}

fn configure(site: &Site, more: &str) {
    site.configure_section(&format!("{ALL}<separate>Y</separate>{more}"));
}

/// In LATIN1, on a server whose names are in UTF-8.
const LATIN1: &[u8] = b"\xe9t\xe9";

/// A server with a database of each kind; other names are in `several`.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk LOGIN PASSWORD 'secret'");
    server.sql("postgres", "GRANT pg_read_all_data TO clerk");
    server.create_database("two\nlines");
    server.create_database("large");
    let fill = "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 3000)";
    server.sql("large", fill);
    let latin = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'";
    server.sql("postgres", latin);
    let mut psql = server.command("psql");
    psql.args(["-Xq", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
    let create = [b"CREATE DATABASE \"", LATIN1, b"\""].concat();
    run_with_input(psql.env("PGDATABASE", "latin"), &create).succeeds();
    server.sql("postgres", "CREATE DATABASE shut ALLOW_CONNECTIONS false");
    server
});

fn each_database_but_the_excluded_has_a_file_of_its_own_and_the_globals(shell: Shell) {
    let site = site("<exclude>latin</exclude><exclude>template0</exclude>");
    let said = with_jobs_on(&SERVER, &site, shell, 1).run().succeeds();
    let latin = String::from_utf8_lossy(LATIN1);
    let names = ["large", "postgres", "template1", "two\nlines", &latin];
    let mut expected = names
        .map(|name| format!("postgresqldump-{name}.txt.gz"))
        .to_vec();
    expected.push("postgresqlglobals.txt.gz".to_owned());
    assert_eq!(site.listing(), expected);
    // With one job they come one after the other.
    let made = said.lines().filter(|it| it.contains(" bytes, "));
    let labels: Vec<_> = made.filter_map(|it| it.split(": ").nth(1)).collect();
    assert_eq!(labels[..2], ["roles and tablespaces", "large"], "{said}");
    let latin = [b"postgresqldump-", LATIN1, b".txt.gz"].concat();
    let latin = site.collect_dir().join(OsString::from_vec(latin));
    assert!(unpacked(&latin).is_some());
    let globals = unpacked(&site.collect_dir().join("postgresqlglobals.txt.gz")).unwrap();
    let globals = String::from_utf8_lossy(&globals);
    assert!(globals.contains("CREATE ROLE clerk;") && globals.contains("CREATE DATABASE large "));
    let are_left_out = !globals.contains("latin ") && !globals.contains("shut");
    assert!(are_left_out, "{globals}");
    // A dry run connects nowhere.
    let mut dry = site.command(&SERVER, shell);
    dry.arg("--dry-run").env("PGHOST", "/nowhere");
    let directory = site.collect_dir().display().to_string();
    let expected = format!(
        "cback-postgresql: would back up roles and tablespaces to {directory}/postgresqlglobals.txt.gz\n\
         cback-postgresql: would back up each database of the server that is not excluded to a file of its \
         own beside it\n"
    );
    assert_eq!(dry.run().succeeds(), expected);
}

/// A role that may read all data, and nothing else, has its backups; passwords it may not read.
#[test]
fn a_role_that_may_read_all_data_backs_all_of_it_up() {
    let site = Site::new();
    let section = ALL.replace("postgres<", "clerk<");
    site.configure_section(&format!("{section}<separate>Y</separate>"));
    site.run(&SERVER, SHELLS[0]).succeeds();
    assert_eq!(site.listing().len(), 7);
}

/// "A database that appears or goes during the run is a message", and no failure; one that is there fails.
fn databases_that_come_or_go_during_the_run_are_told(shell: Shell) {
    let server = Server::start();
    for name in ["a", "gone", "old", "roles and tablespaces", "no\nsuch"] {
        server.create_database(name);
    }
    let mut site = Site::new();
    // By the first dump, which is of template1 or postgres: everything else is of the same size or smaller. Nobody can
    // create a database from template1 while that is dumped.
    site.replace_pg_dump(
        "mkdir \"${0%/*}/first\" 2>/dev/null && psql -Xq postgres -c 'DROP DATABASE gone' \
         -c 'ALTER DATABASE old RENAME TO new' \
         -c 'CREATE DATABASE excluded TEMPLATE template0' >&2\n\
         case $PGDATABASE in roles*|no*) exit 1 ;; esac; exec pg_dump \"$@\"",
    );
    configure(&site, "<exclude>excluded</exclude>");
    let left = site.collect_dir().join("postgresqldump-gone.txt.gz");
    fs::write(left, "yesterday's").unwrap();
    let mut command = with_jobs_on(&server, &site, shell, 1);
    let said = command.arg("--quiet").run().fails(1);
    let config = site.config().display().to_string();
    let last = format!(
        "cback-pgconf: {config}: warning: dropped or renamed during the run: \"gone\", \"old\"\n\
         cback-pgconf: {config}: warning: created during the run, so not backed up: \"new\"\n\
         cback-postgresql: not backed up: "
    );
    let (_, names) = said.split_once(&last).expect(&said);
    let mut names: Vec<_> = names.trim_end().split(", ").collect();
    names.sort_unstable();
    assert_eq!(names, ["no?such", "roles and tablespaces"], "{said}");
    // Now it is forgotten that there was one.
    server.sql("postgres", "DROP DATABASE \"roles and tablespaces\"");
    server.sql("postgres", "DROP DATABASE \"no\nsuch\"");
    let said = site.command(&server, shell).arg("-q").run().succeeds();
    let expected = format!(
        "cback-pgconf: {config}: warning: in collect_dir, but of nothing that is backed up any more: \
         \"postgresqldump-gone.txt.gz\"\n"
    );
    assert_eq!(said, expected);
}

/// Where it cannot be asked in the beginning, that is in `refusals`.
fn where_the_server_cannot_be_asked_in_the_end_what_may_be_amiss_is_said(shell: Shell) {
    let site = site("");
    let marker = site.path("marker").display().to_string();
    let psql = SERVER.bin().join("psql").display().to_string();
    let once = format!("case $* in *datallowconn*) mkdir '{marker}' || exit 3 ;; esac");
    site.replace("psql", &format!("{once}; exec '{psql}' \"$@\""));
    let said = site.command(&SERVER, shell).arg("-q").run().succeeds();
    let last = "cback-postgresql: warning: the server's databases cannot be listed again: some may \
                have come or gone\n";
    assert!(said.ends_with(last), "{said}");
}

/// "An error for those, not for the night."
fn databases_that_would_share_a_file_fail_alone(shell: Shell) {
    static PAIR: LazyLock<Server> = LazyLock::new(|| {
        let server = Server::start();
        server.create_database("a/b");
        server.create_database("a%2Fb");
        server
    });
    let mut site = Site::new();
    let failing = site.shim("failing", "exit 1");
    site.override_command("pg_dumpall", &failing);
    configure(&site, "");
    let said = site.run(&PAIR, shell).fails(1);
    let last = "cback-postgresql: not backed up: roles and tablespaces, a%2Fb, a/b\n";
    assert!(said.ends_with(last), "{said}");
    let reason = "a/b: not backed up: another database's file would have the same name\n";
    assert!(said.contains(reason), "{said}");
    let names = ["postgres", "template1"];
    let files = names.map(|name| format!("postgresqldump-{name}.txt.gz"));
    assert_eq!(site.listing(), files);
}

/// "Dies of the signal", at once, though the server does not answer.
fn a_signal_ends_a_run_that_waits_for_the_list(shell: Shell) {
    let site = site("");
    let marker = site.path("asked");
    site.replace("psql", &format!("touch '{}'; sleep 600", marker.display()));
    let mut child = in_background(&mut site.command(&SERVER, shell));
    let limit = Duration::from_secs(300);
    wait_for("the list to be asked for", limit, || marker.exists());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let status = cback_tests::end_of(&mut child);
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
    wait_for("all are gone", limit, || site.processes().is_empty());
    assert!(site.listing().is_empty());
}
