//! Good backups.

use crate::backups::{Backups, create_items, dump, packed};
use cback_tests::{
    Finished, Run, SHELLS, Server, Shell, Site, create_sample, in_each_shell, installations,
    server, skip, skipped_without_root, wrapped,
};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

in_each_shell!(a_backup_is_proven_to_restore);

fn a_backup_is_proven_to_restore(shell: Shell) {
    let name = format!("proven by {}", shell.join(" "));
    create_items(server(), &name);
    let backups = Backups::new();
    backups.put("items.gz", &packed(&dump(server(), Some(&name)), "gzip"));
    let output = backups.command(shell, &["--restore", "items.gz"]).run();
    assert_eq!(output.succeeds(), "");
    let line = output.printed();
    assert!(
        line.contains("items.gz: whole, database, 1 tables, 100 rows, "),
        "{line}"
    );
    assert!(line.contains(" s and found the same rows\n"), "{line}");
    backups.assert_clean();
}

/// All that a version dumps, restored into that version and into every later one.
#[test]
fn every_version_restores_into_itself_and_into_later_ones() {
    let installations = installations();
    let modes = ["gzip", "bzip2", "none"];
    for (number, installation) in installations.iter().enumerate() {
        let server = Server::start_from(installation);
        create_sample(&server, "sample");
        server.sql(
            "sample",
            "CREATE ROLE \"odd \"\"name\" ; ALTER TABLE customer OWNER TO \"odd \"\"name\"",
        );
        let backups = Backups::new();
        let mode = modes[number % 3];
        let suffix = ["gz", "bz2", "sql"][number % 3];
        let (one, all) = (format!("sample.{suffix}"), format!("all.{suffix}"));
        backups.put(&one, &packed(&dump(&server, Some("sample")), mode));
        backups.put(&all, &packed(&dump(&server, None), mode));
        for later in &installations[number..] {
            let bin = later.bin.to_str().unwrap();
            let printed = backups.proves(&["--restore", "--pg-bin", bin, &one, &all]);
            let same = format!("restored into PostgreSQL {} in ", later.major);
            assert_eq!(printed.matches(&same).count(), 2, "{printed}");
        }
    }
}

#[test]
fn what_a_configuration_means_is_proven() {
    let server = Server::start();
    create_items(&server, "shop");
    create_items(&server, "a/b 100%'x'");
    let databases = ["shop", "a/b 100%'x'"];
    let modes: [(&str, &[&str]); 3] = [("none", &databases), ("gzip", &[]), ("bzip2", &databases)];
    for (mode, databases) in modes {
        let site = Site::with(mode, databases);
        site.run(&server, SHELLS[0]).succeeds();
        let config = site.config();
        let config = config.to_str().unwrap();
        let printed = Backups::new().proves(&["--restore", "--max-age", "1", "--config", config]);
        let many = databases.len().max(1);
        assert_eq!(
            printed.matches("found the same rows\n").count(),
            many,
            "{printed}"
        );
    }
}

#[test]
fn a_directory_stands_for_the_backups_beneath() {
    create_items(server(), "beneath");
    let backups = Backups::new();
    let dump = dump(server(), Some("beneath"));
    backups.put(
        "2026/11/24/one/postgresqldump-beneath.txt.gz",
        &packed(&dump, "gzip"),
    );
    backups.put("2026/11/24/two/postgresqldump-beneath.txt", &dump);
    backups.put("2026/11/24/two/some-log.txt", b"no backup");
    let printed = backups.proves(&["2026"]);
    assert_eq!(printed.lines().count(), 2, "{printed}");

    backups.put("2026/11/24/three/postgresqldump-beneath.txt.gz", b"");
    let said = backups.refuses(&["--quiet", "2026"]);
    assert!(
        said.contains("three/postgresqldump-beneath.txt.gz: "),
        "{said}"
    );
    backups.put("empty/some-log.txt", b"no backup");
    let said = backups.refuses(&["empty"]);
    assert!(
        said.ends_with("/empty: there is no backup in it\n"),
        "{said}"
    );
}

/// What cannot be looked into may hold a backup that is none.
#[test]
fn a_directory_that_cannot_be_read_is_not_passed_over() {
    if skipped_without_root("to become another account") {
        return;
    }
    create_items(server(), "secret");
    let backups = Backups::new();
    let dump = dump(server(), Some("secret"));
    backups.put("all/good/postgresqldump-x.txt", &dump);
    backups.put("all/secret/postgresqldump-x.txt", b"no backup");
    let closed = fs::Permissions::from_mode(0o700);
    fs::set_permissions(backups.path("all/secret"), closed).unwrap();
    chown(backups.scratch(), Some(65534), None).unwrap();
    let outer = ["setpriv", "--reuid=65534", "--clear-groups", "--"];
    let command = backups.command(SHELLS[0], &["all"]);
    let said = wrapped(&outer, &command).run().fails(1);
    assert!(said.contains("all/secret: cannot be read"), "{said}");
}

/// A dump shows times in its server's zone, and the throwaway server has another. Texts are not times.
#[test]
fn a_backup_from_another_time_zone_is_proven() {
    server().create_database("zone");
    server().sql(
        "zone",
        "CREATE TABLE moment AS SELECT '2020-01-01'::timestamptz + n * interval '37 hours 3.5 seconds'
         FROM generate_series(1, 500) n;
         CREATE TABLE note AS SELECT 'since 2020-01-07 08:00:00+01, not 2020-13-77 25:00:00+99' AS text",
    );
    let backups = Backups::new();
    for zone in ["America/St_Johns", "Asia/Kolkata"] {
        let mut command = server().command("pg_dump");
        let output = command.env("PGTZ", zone).arg("zone").run();
        backups.put("zone.sql", &output.stdout);
        backups.proves(&["--restore", "zone.sql"]);
    }
}

#[test]
fn the_servers_own_account_and_any_other_may_prove_a_backup() {
    if skipped_without_root("to become another account") {
        return;
    }
    create_items(server(), "accounts");
    let dump = dump(server(), Some("accounts"));
    for account in ["postgres", "nobody"] {
        let id = Command::new("id").args(["-u", account]).run();
        let Ok(uid) = id.printed().trim().parse() else {
            skip(&format!("there is no account {account}"));
            continue;
        };
        let backups = Backups::new();
        backups.put("items.sql", &dump);
        chown(backups.scratch(), Some(uid), None).unwrap();
        let command = backups.command(SHELLS[0], &["--restore", "items.sql"]);
        let uid = format!("--reuid={uid}");
        let outer = ["setpriv", &uid, "--clear-groups", "--"];
        let output = wrapped(&outer, &command).run();
        output.succeeds();
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
    create_items(server(), "contained");
    let backups = Backups::new();
    backups.put("x.sql", &dump(server(), Some("contained")));
    let container = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    wrapped(&container, &command).run().succeeds();
    backups.assert_clean();
}

/// A line says what there is, and what there is not: large objects, a checksum.
#[test]
fn large_objects_are_counted_and_a_missing_checksum_is_said() {
    server().create_database("large");
    server().sql(
        "large",
        "SELECT lo_from_bytea(0, 'x') FROM generate_series(1, 300)",
    );
    let backups = Backups::new();
    let dump = dump(server(), Some("large"));
    backups.put("x.sql", &dump);
    backups.put("x.gz", &packed(&dump, "gzip"));
    let printed = backups.proves(&["--restore", "x.sql", "x.gz"]);
    let content = ": whole, database, 0 tables, 0 rows, 300 large objects, ";
    assert_eq!(printed.matches(content).count(), 2, "{printed}");
    let without = printed
        .lines()
        .map(|line| line.contains(", without a checksum, "));
    assert_eq!(without.collect::<Vec<_>>(), [true, false], "{printed}");
}
