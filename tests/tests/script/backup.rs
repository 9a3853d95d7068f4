//! Who may read a backup. That its bytes are pg_dump's is seen beside Cedar's own, in `cback3`.

use cback_tests::{Finished, HaltedRun, SHELLS, Site, server, skip, skipped_without_root};
use rustix::fs::{XattrFlags, setxattr};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// "Published files: 0600 from their first byte, owned by `backup_user:backup_group` when root."
#[test]
fn backups_are_private_and_given_away_before_their_first_byte() {
    let is_root = !skipped_without_root("only root gives files away");
    let site = if is_root {
        Site::owned_by("games", "backup")
    } else {
        Site::new()
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
        let owner = (metadata.uid(), metadata.gid());
        assert!(!is_root || owner == (5, 34), "{owner:?}"); // Debian's numbers
    }
}

/// A default ACL of the directory takes the umask's place, and would let others read. Its bytes are those of
/// `linux/posix_acl_xattr.h`: version 2, then tag, rights and id of each entry.
#[test]
fn a_default_acl_of_collect_dir_opens_no_backup() {
    let site = Site::with("gzip", &["postgres"]);
    // The owner may all, nobody (65,534) and the group may read and enter, the others read.
    let acl = b"\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x02\0\x05\0\xfe\xff\0\0\x04\0\x05\0\xff\xff\xff\xff\
        \x10\0\x05\0\xff\xff\xff\xff\x20\0\x04\0\xff\xff\xff\xff";
    let name = "system.posix_acl_default";
    if setxattr(site.collect_dir(), name, acl, XattrFlags::empty()).is_err() {
        return skip("there are no ACLs on this file system");
    }
    site.run(server(), SHELLS[0]).succeeds();
    let file = site.collect_dir().join("postgresqldump-postgres.txt.gz");
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}
