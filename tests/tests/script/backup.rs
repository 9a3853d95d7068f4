//! A night's work: every mode, one database and all, and what comes back from the files.

use cback_tests::{
    Finished, HaltedRun, Job, LIST, Published, Run, SHELLS, Server, Site, WholeDump, create_sample,
    server, skip,
};
use rustix::fs::{XattrFlags, setxattr};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

/// "Otherwise they are what pg_dump writes", in each mode; that such files can be restored is seen in `verify`.
#[test]
fn each_mode_has_what_postgresqls_own_program_writes() {
    let server = Server::start();
    create_sample(&server, "shop");
    for database in ["a=b", "Ünïcode \"and\" spaces"] {
        server.create_database(database);
        server.sql(database, "CREATE TABLE t AS SELECT current_database()");
    }
    for database in [Some("shop"), None] {
        let whole = WholeDump::of(&server, database);
        let site = Site::new();
        for mode in ["none", "gzip", "bzip2"] {
            let job = Job::new(mode, database);
            job.command(&site, &server).run().succeeds();
            let list = String::from_utf8(site.backup(LIST)).unwrap();
            assert!(
                list.ends_with(&format!("  {}\n# files: 1\n", job.file_name())),
                "{list}"
            );
            assert_eq!(whole.compare(&job.file(&site)), Published::New, "{mode}");
        }
    }
}

/// "Published files: 0600 from their first byte, owned by `backup_user:backup_group` when root."
#[test]
fn backups_are_private_and_given_away_before_their_first_byte() {
    let number = |database: &str, name: &str| {
        let line = Command::new("getent").args([database, name]).prints();
        line.split(':').nth(2).unwrap().parse().unwrap()
    };
    let is_root = rustix::process::geteuid().is_root();
    let (site, owner): (_, Option<(u32, u32)>) = if is_root {
        let owner = (number("passwd", "games"), number("group", "backup"));
        (Site::owned_by("games", "backup"), Some(owner))
    } else {
        skip("only root gives files away");
        (Site::new(), None)
    };
    // Files without a name, while there is a part of a dump in each.
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

/// A default ACL of the directory takes the umask's place, and would let others read. Its bytes are those of
/// `linux/posix_acl_xattr.h`: version 2, then tag, rights and id of each entry.
#[test]
fn a_default_acl_of_collect_dir_opens_no_backup() {
    let site = Site::with("gzip", &["postgres"]);
    let nobody = 65_534;
    #[rustfmt::skip]
    let entries = [(1_u16, 7_u16, !0_u32), (2, 5, nobody), (4, 5, !0), (0x10, 5, !0), (0x20, 4, !0)];
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, id) in entries {
        acl.extend([tag.to_le_bytes(), rights.to_le_bytes()].concat());
        acl.extend(id.to_le_bytes());
    }
    let name = "system.posix_acl_default";
    if setxattr(site.collect_dir(), name, &acl, XattrFlags::empty()).is_err() {
        return skip("there are no ACLs on this file system");
    }
    site.run(server(), SHELLS[0]).succeeds();
    let file = site.collect_dir().join("postgresqldump-postgres.txt.gz");
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}
