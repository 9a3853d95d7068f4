//! A night's work: every mode, one database and all, and what comes back from the files.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Server, Site, contents, create_sample};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};

/// A mode, the suffix of its files, and what opens them.
const MODES: [(&str, &str, &str); 3] = [
    ("none", "", "cat"),
    ("gzip", ".gz", "gzip"),
    ("bzip2", ".bz2", "bzip2"),
];

#[test]
fn each_mode_restores_to_an_equal_database() {
    let server = Server::start();
    create_sample(&server, "shop");
    let original = contents(&server, "shop");
    for (mode, suffix, opener) in MODES {
        let site = Site::new();
        site.configure(mode, &["shop"]);
        back_up(&site, &server);
        let name = format!("postgresqldump-shop.txt{suffix}");
        assert_eq!(site.listing(), [name.as_str()]);
        let restored = format!("restored from {mode}");
        server.create_database(&restored);
        restore(&server, &restored, opener, &site.backup(&name));
        assert_eq!(contents(&server, &restored), original, "{mode}");
    }
}

#[test]
fn all_restores_to_an_equal_server() {
    let server = Server::start();
    let databases = ["shop", "a=b", "Ünïcode \"and\" spaces"];
    for database in databases {
        create_sample(&server, database);
    }
    server.sql("postgres", "CREATE ROLE clerk LOGIN");
    for (mode, suffix, opener) in MODES {
        let site = Site::new();
        site.configure(mode, &[]);
        back_up(&site, &server);
        let name = format!("postgresqldump.txt{suffix}");
        assert_eq!(site.listing(), [name.as_str()]);
        let other = Server::start();
        // The superuser is there already, so psql may not stop at the first error.
        restore_leniently(&other, opener, &site.backup(&name));
        for database in databases {
            assert_eq!(
                contents(&other, database),
                contents(&server, database),
                "{mode}"
            );
        }
        let roles = "SELECT rolname FROM pg_roles ORDER BY 1";
        assert_eq!(other.sql("postgres", roles), server.sql("postgres", roles));
    }
}

#[test]
fn backups_are_readable_by_their_owner_alone() {
    let server = Server::start();
    let site = if rustix::process::geteuid().is_root() {
        Site::owned_by("games", "backup")
    } else {
        Site::new()
    };
    site.configure("gzip", &["postgres"]);
    back_up(&site, &server);
    let backup = site.collect_dir().join("postgresqldump-postgres.txt.gz");
    let metadata = std::fs::metadata(backup).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
    if rustix::process::geteuid().is_root() {
        assert_eq!(
            (metadata.uid(), metadata.gid()),
            (account("passwd", "games"), account("group", "backup"))
        );
    }
}

fn account(file: &str, name: &str) -> u32 {
    let lines = std::fs::read_to_string(format!("/etc/{file}")).unwrap();
    let line = lines
        .lines()
        .find(|line| line.split(':').next() == Some(name))
        .unwrap();
    line.split(':').nth(2).unwrap().parse().unwrap()
}

#[track_caller]
fn back_up(site: &Site, server: &Server) {
    let output = site.run(server, &["sh"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

#[track_caller]
fn restore(server: &Server, database: &str, opener: &str, backup: &[u8]) {
    let mut psql = server.command("psql");
    psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1"])
        .env("PGDATABASE", database);
    let status = feed(&mut psql, &open(opener, backup));
    assert!(status.success());
}

#[track_caller]
fn restore_leniently(server: &Server, opener: &str, backup: &[u8]) {
    let mut psql = server.command("psql");
    psql.args(["-XAtq"])
        .env("PGDATABASE", "postgres")
        .stderr(Stdio::null());
    assert!(feed(&mut psql, &open(opener, backup)).success());
}

#[track_caller]
fn open(opener: &str, backup: &[u8]) -> Vec<u8> {
    if opener == "cat" {
        return backup.to_owned();
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(backup).unwrap();
    let input = file.reopen().unwrap();
    let output = Command::new(opener)
        .arg("-dc")
        .stdin(input)
        .output()
        .unwrap();
    assert!(output.status.success(), "{opener} refuses the backup");
    output.stdout
}

fn feed(command: &mut Command, input: &[u8]) -> std::process::ExitStatus {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait().unwrap()
}
