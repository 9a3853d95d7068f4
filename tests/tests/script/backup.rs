//! A night's work: every mode, one database and all, and what comes back from the files.

use cback_tests::{
    Finished, HaltedRun, Job, Run, SHELLS, Server, Site, contents, create_sample, run_with_input,
    server, skip, unpacked, without_keys,
};
use rustix::fs::{XattrFlags, setxattr};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MODES: [&str; 3] = ["none", "gzip", "bzip2"];

#[test]
fn each_mode_restores_to_an_equal_database() {
    let server = server();
    create_sample(server, "shop");
    let original = contents(server, "shop");
    for mode in MODES {
        let site = Site::new();
        let file = backed_up(&site, server, &Job::new(mode, Some("shop")));
        let restored = format!("restored from {mode}");
        server.create_database(&restored);
        restore(server, &restored, &file, "1").succeeds();
        assert_eq!(contents(server, &restored), original, "{mode}");
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
    let original = databases.map(|database| contents(&server, database));
    let dumps = MODES.map(|mode| {
        let site = Site::new();
        let file = backed_up(&site, &server, &Job::new(mode, None));
        without_keys(&unpacked(&file).expect("its program takes it for whole"))
    });
    // The same text in each mode: so what one of them restores to holds for all.
    assert!(dumps.iter().all(|dump| *dump == dumps[0]));
    let other = Server::start();
    // The superuser is there already, so psql may not stop at the first error.
    restore_text(&other, "postgres", &dumps[0], "0").succeeds();
    let restored = databases.map(|database| contents(&other, database));
    assert_eq!(restored, original);
    let roles = "SELECT rolname FROM pg_roles ORDER BY 1";
    assert_eq!(other.sql("postgres", roles), server.sql("postgres", roles));
}

#[test]
fn backups_are_private_and_given_away_before_their_first_byte() {
    let is_root = rustix::process::geteuid().is_root();
    let (site, owner) = if is_root {
        let owner = (number("passwd", "games"), number("group", "backup"));
        (Site::owned_by("games", "backup"), Some(owner))
    } else {
        skip("only root gives files away");
        (Site::new(), None)
    };
    // What has no name yet, while there is a part of a dump in it.
    let mut run = HaltedRun::start(site, server(), SHELLS[0], 2, |site| {
        site.configure("none", &["postgres", "template1"]);
    });
    let unnamed = run.unnamed_files();
    assert_eq!(unnamed.len(), 2);
    run.go_on().succeeds();
    let file = run.site.collect_dir().join("postgresqldump-postgres.txt");
    for metadata in unnamed.iter().chain([&fs::metadata(file).unwrap()]) {
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
        let is = (metadata.uid(), metadata.gid());
        assert!(owner.is_none_or(|it| it == is), "{is:?}");
    }
}

/// A default ACL of the directory takes the umask's place, and would let others read.
#[test]
fn a_default_acl_of_collect_dir_opens_no_backup() {
    let site = Site::new();
    // As in linux/posix_acl_xattr.h: version 2, then tag, rights and id of each entry.
    let entries = [
        (1, 7, !0),
        (2, 5, 65534),
        (4, 5, !0),
        (0x10, 5, !0),
        (0x20, 4, !0),
    ];
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, id) in entries {
        acl.extend([u16::to_le_bytes(tag), u16::to_le_bytes(rights)].concat());
        acl.extend(u32::to_le_bytes(id));
    }
    let name = "system.posix_acl_default";
    if setxattr(site.collect_dir(), name, &acl, XattrFlags::empty()).is_err() {
        return skip("there are no ACLs on this file system");
    }
    let file = backed_up(&site, server(), &Job::new("gzip", Some("postgres")));
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}

/// Of an account or group.
fn number(database: &str, name: &str) -> u32 {
    let line = Command::new("getent").args([database, name]).prints();
    line.split(':').nth(2).unwrap().parse().unwrap()
}

/// The only file in `collect_dir`.
#[track_caller]
fn backed_up(site: &Site, server: &Server, job: &Job) -> PathBuf {
    job.command(site, server).run().succeeds();
    assert_eq!(site.listing(), [job.file_name()]);
    job.file(site)
}

fn restore(server: &Server, database: &str, file: &Path, stop: &str) -> Output {
    let dump = unpacked(file).expect("its program takes it for whole");
    restore_text(server, database, &dump, stop)
}

fn restore_text(server: &Server, database: &str, dump: &[u8], stop: &str) -> Output {
    let mut psql = server.command("psql");
    psql.args(["-XAtq", "-v", &format!("ON_ERROR_STOP={stop}")]);
    run_with_input(psql.env("PGDATABASE", database), dump)
}
