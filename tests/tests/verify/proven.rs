//! "Each is restored into a throwaway server, dumped again and compared": good backups.

use crate::backups::{Backups, NOBODY, SAME, create_items, dump, packed};
use cback_tests::{
    Finished, Run, SHELLS, Server, Shell, assert_has, assert_times, create_sample, in_each_shell,
    installations, server, skip, skipped_without_root, wrapped,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

in_each_shell!(a_backup_is_proven_to_restore);

fn a_backup_is_proven_to_restore(shell: Shell) {
    let (backups, dump) = Backups::of_items();
    backups.put("items.gz", &packed(&dump, "gzip"));
    let output = backups.command(shell, &["--restore", "items.gz"]).run();
    assert_eq!(output.succeeds(), "");
    let line = output.printed();
    assert_has(&line, "items.gz: whole, database, 1 tables, 100 rows, ");
    assert_has(&line, &format!(" s{SAME}"));
    backups.assert_clean();
}

/// All that a version dumps, into the newest; cback-pgrestore's `one` has the others.
#[test]
fn every_version_restores_into_the_newest() {
    let installations = installations();
    let newest = installations.last().unwrap();
    let modes = [("gzip", "gz"), ("bzip2", "bz2"), ("none", "sql")];
    for (installation, (mode, suffix)) in installations.iter().zip(modes.iter().cycle()) {
        let server = Server::start_from(installation);
        create_sample(&server, "sample");
        let odd = "CREATE ROLE \"odd \"\"name\" ; ALTER TABLE customer OWNER TO \"odd \"\"name\"";
        server.sql("sample", odd);
        server.sql("postgres", "CREATE TABLE of_initdbs AS SELECT 1 AS n");
        let backups = Backups::new();
        let (one, all) = (format!("sample.{suffix}"), format!("all.{suffix}"));
        backups.put(&one, &packed(&dump(&server, "sample"), mode));
        backups.put(&all, &packed(&dump(&server, None), mode));
        let bin = newest.bin.to_str().unwrap();
        let printed = backups.proves(&["--restore", "--pg-bin", bin, &one, &all]);
        let same = format!("restored into PostgreSQL {} in ", newest.major);
        assert_times(&printed, 2, &same);
    }
}

/// "None named: those that FILE means, and one that is missing is a failure."
#[test]
fn what_a_configuration_means_is_proven() {
    let server = Server::start();
    let databases = ["shop", "a/b 100%'x'"];
    for database in databases {
        create_items(&server, database);
    }
    let backups = Backups::new();
    for (mode, databases, count) in [("none", &databases[..], 2), ("gzip", &[], 1)] {
        backups.configure(mode, databases);
        backups.run_backup(&server);
        let restore = ["--restore", "--max-age", "1", "--config", "cback3.conf"];
        assert_times(&backups.proves(&restore), count, SAME);
    }
    backups.configure("none", &["shop", "one", "two"]);
    let config = ["-c", "cback3.conf"];
    let said = backups.refuses(&config, "postgresqldump-one.txt: missing");
    assert_has(&said, "postgresqldump-two.txt: missing");
    fs::remove_file(backups.config()).unwrap();
    backups.refuses(&config, "cback3.conf");
}

/// "A directory for all beneath it."
#[test]
fn a_directory_stands_for_the_backups_beneath() {
    let (backups, dump) = Backups::of_items();
    let day = |file: &str, bytes: &[u8]| backups.put(&format!("2026/11/24/{file}"), bytes);
    day("one/postgresqldump-beneath.txt.gz", &packed(&dump, "gzip"));
    day("two/postgresqldump-beneath.txt", &dump);
    day("two/some-log.txt", b"no backup");
    let printed = backups.proves(&["2026"]);
    assert_eq!(printed.lines().count(), 2, "{printed}");

    day("three/postgresqldump-beneath.txt.gz", b"");
    let empty = "three/postgresqldump-beneath.txt.gz: ";
    backups.refuses(&["--quiet", "2026"], empty);
    backups.put("empty/some-log.txt", b"no backup");
    backups.refuses(&["empty"], "/empty: there is no backup in it\n");
}

/// A directory that cannot be looked into may hold a backup that is none.
#[test]
fn a_directory_that_cannot_be_read_is_not_passed_over() {
    if skipped_without_root("to become another account") {
        return;
    }
    let (backups, dump) = Backups::of_items();
    backups.put("all/good/postgresqldump-x.txt", &dump);
    backups.put("all/secret/postgresqldump-x.txt", b"no backup");
    let closed = fs::Permissions::from_mode(0o700);
    fs::set_permissions(backups.path("all/secret"), closed).unwrap();
    let command = backups.command(SHELLS[0], &["all"]);
    let said = backups.by(NOBODY, &command).run().fails(1);
    assert_has(&said, "all/secret: cannot be read");
}

/// A dump by pg_dump alone shows times in its server's zone, and the throwaway server has another. Texts are no times. A line
/// says what there is, large objects too, and what there is not: a checksum.
#[test]
fn a_backup_by_pg_dump_from_another_time_zone_is_proven() {
    server().create_database("zone");
    server().sql(
        "zone",
        "CREATE TABLE moment AS SELECT '2020-01-01'::timestamptz + n * interval '37 hours 3.5 seconds'
         FROM generate_series(1, 500) n;
         CREATE TABLE note AS SELECT 'since 2020-01-07 08:00:00+01, not 2020-13-77 25:00:00+99' AS text;
         SELECT lo_from_bytea(0, 'x') FROM generate_series(1, 300)",
    );
    let backups = Backups::new();
    let mut pg_dump = server().command("pg_dump");
    let dump = pg_dump.env("PGTZ", "America/St_Johns").arg("zone").prints();
    backups.put("zone.sql", dump.as_bytes());
    backups.put("zone.gz", &packed(dump.as_bytes(), "gzip"));
    let printed = backups.proves(&["--restore", "zone.sql", "zone.gz"]);
    let content = ": whole, database, 2 tables, 501 rows, 300 large objects, ";
    assert_times(&printed, 2, content);
    let lines = printed.lines();
    let without = lines.map(|it| it.contains(", without a checksum, "));
    assert_eq!(without.collect::<Vec<_>>(), [true, false], "{printed}");
}

#[test]
fn the_servers_own_account_and_any_other_may_prove_a_backup() {
    if skipped_without_root("to become another account") {
        return;
    }
    for account in ["postgres", "nobody"] {
        let id = Command::new("id").args(["-u", account]).run();
        let Ok(uid) = id.printed().trim().parse() else {
            skip(&format!("there is no account {account}"));
            continue;
        };
        let (backups, _) = Backups::of_items();
        let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
        backups.by(uid, &command).run().succeeds();
        backups.assert_clean();
    }
}

/// bwrap looks for its child in /proc, which has to be that of the namespace it is in. Outside of a container
/// that was not noticed: process 3 is there, too.
#[test]
fn a_backup_is_proven_in_a_container_with_few_processes() {
    if skipped_without_root("to make a PID namespace") {
        return;
    }
    let (backups, _) = Backups::of_items();
    // From coreutils 9.10 on its child takes process 1 for a parent that has died.
    let timeout = "[ $$ -ne 1 ] || exit 125; PATH=${PATH#*:} exec timeout \"$@\"";
    backups.replace("timeout", timeout);
    let container = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    wrapped(&container, &command).run().succeeds();
    backups.assert_clean();
}
