//! "Run by root, psql runs as the account postgres unless PGHOST, PGUSER or --as say otherwise; the file is read as
//! root. Names never in ps."

use crate::place::{Place, globals, items_and};
use cback_tests::{
    Finished, Run, SHELLS, Server, assert_has, server, skipped_without_root, wait_for,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// A server that lets in one account by its own name, and a file that only root may read.
#[test]
fn root_reads_the_file_and_another_account_restores_it() {
    if skipped_without_root("to become another account") {
        return;
    }
    let place = Place::new();
    let give = "CREATE ROLE daemon; ALTER TABLE item OWNER TO daemon";
    let secret = place.put("secret.sql", &items_and(server(), "secret", give));
    fs::set_permissions(secret, fs::Permissions::from_mode(0o600)).unwrap();
    place.sql("CREATE ROLE daemon LOGIN CREATEDB");
    let hba = "local all postgres trust\nlocal all all peer\n";
    fs::write(place.sql("SHOW hba_file").trim_end(), hba).unwrap();
    place.sql("SELECT pg_reload_conf()");
    let mut by_root = place.server.command("psql");
    by_root.env("PGUSER", "daemon").args(["-c", "", "postgres"]);
    wait_for("root is not let in", Duration::from_secs(300), || {
        !by_root.run().status.success()
    });
    let mut command = place.command(SHELLS[0], &["--as", "daemon", "--into", "x", "secret.sql"]);
    command.env_remove("PGUSER").run().succeeds();
    let owner = "SELECT datdba::regrole FROM pg_database WHERE datname = 'x'";
    assert_eq!(place.sql(owner), "daemon\n");
}

/// The names of databases and roles are other people's business.
#[test]
fn names_are_in_no_argument() {
    let source = Server::start();
    let give = "CREATE ROLE hushed; ALTER TABLE item OWNER TO hushed";
    let place = Place::new();
    let file = "postgresqldump-hush.txt";
    place.put(file, &items_and(&source, "hush", give));
    place.put("postgresqlglobals.txt", &globals(&source, &["hush"]));
    let log = place.path("log");
    for program in [
        "psql",
        "pg_dump",
        "cback-pgdump",
        "cback-compress",
        "sed",
        "awk",
    ] {
        let log = log.display();
        let logging =
            format!("echo \"${{0##*/}} $*\" >>{log}; PATH=${{PATH#*:}} exec {program} \"$@\"");
        place.replace(program, &logging);
    }
    place.restores(&["--compare", file]);
    let log = fs::read_to_string(log).unwrap().replace(file, "");
    for program in ["psql ", "pg_dump ", "cback-pgdump "] {
        assert_has(&log, program);
    }
    assert!(!log.contains("hush"), "{log}");
}
