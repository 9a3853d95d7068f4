//! "Run by root, psql runs as the account postgres unless PGHOST, PGUSER or --as say otherwise; the file is read as
//! root. Names never in ps."

use crate::place::{Place, dump, globals, items};
use cback_tests::{Finished, Run, SHELLS, Server, server, skipped_without_root, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// A server that lets in accounts by their own names, and a file that only root may read.
#[test]
fn root_reads_the_file_and_another_account_restores_it() {
    if skipped_without_root("to become another account") {
        return;
    }
    let place = Place::new();
    items(server(), "secret");
    server().sql(
        "secret",
        "CREATE ROLE daemon; ALTER TABLE item OWNER TO daemon",
    );
    place.put("secret.sql", &dump(server(), "secret"));
    fs::set_permissions(place.path("secret.sql"), fs::Permissions::from_mode(0o600)).unwrap();
    let hba = place.server.sql("postgres", "SHOW hba_file");
    place
        .server
        .sql("postgres", "CREATE ROLE daemon LOGIN CREATEDB");
    fs::write(hba.trim_end(), "local all all peer\n").unwrap();
    place.server.sql("postgres", "SELECT pg_reload_conf()");
    let mut command = place.command(SHELLS[0], &["--as", "daemon", "--into", "x", "secret.sql"]);
    let output = command.env_remove("PGUSER").run();
    fs::write(hba.trim_end(), "local all all trust\n").unwrap();
    let pid = fs::read_to_string(place.server.host().join("data/postmaster.pid")).unwrap();
    let pid = pid
        .lines()
        .next()
        .unwrap()
        .parse()
        .ok()
        .and_then(Pid::from_raw);
    kill_process(pid.unwrap(), Signal::HUP).unwrap();
    output.succeeds();
    let owner = "SELECT datdba::regrole FROM pg_database WHERE datname = 'x'";
    wait_for("all are let in again", Duration::from_secs(300), || {
        let mut psql = place.server.command("psql");
        psql.args(["-XAtc", owner, "postgres"]).run().printed() == "daemon\n"
    });
}

/// The names of databases and roles are other people's business.
#[test]
fn names_are_in_no_argument() {
    let source = Server::start();
    items(&source, "hush");
    source.sql(
        "hush",
        "CREATE ROLE hushed; ALTER TABLE item OWNER TO hushed",
    );
    let place = Place::new();
    for program in [
        "psql",
        "pg_dump",
        "cback-pgdump",
        "cback-compress",
        "sed",
        "awk",
    ] {
        let log = place.path("log");
        place.replace(
            program,
            &format!(
                "echo \"${{0##*/}} $*\" >>{}; PATH=${{PATH#*:}} exec {program} \"$@\"",
                log.display()
            ),
        );
    }
    place.put("postgresqldump-hush.txt", &dump(&source, "hush"));
    place.put("postgresqlglobals.txt", &globals(&source, &["hush"]));
    place.restores(&["--compare", "postgresqldump-hush.txt"]);
    let log = fs::read_to_string(place.path("log")).unwrap();
    assert!(
        log.contains("psql ") && log.contains("pg_dump ") && log.contains("cback-pgdump "),
        "{log}"
    );
    let told: Vec<_> = log
        .lines()
        .filter(|line| line.replace("postgresqldump-hush.txt", "").contains("hush"))
        .collect();
    assert!(told.is_empty(), "{told:?}");
}
