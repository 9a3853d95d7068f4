//! "What reads a backup leaves no trace on it: not even its access time, by which cback3 purges."

use crate::backups::{Backups, NOBODY, create_items, dump, packed};
use cback_tests::{Finished, Run, Site, cback3, server, skip, skipped_without_root};
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::chown;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Purge goes by the younger of both times.
fn make_nine_days_old(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(9 * 24 * 3600);
    let times = FileTimes::new().set_accessed(then).set_modified(then);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_times(times)
        .unwrap();
}

#[test]
fn what_was_proven_is_purged_in_its_time() {
    let mut site = Site::new();
    let staging = site.path("stage");
    site.add_section(&format!(
        "<purge><dir><abs_path>{}</abs_path><retain_days>7</retain_days></dir></purge>",
        staging.display()
    ));
    site.configure("none", &["purged"]);
    create_items(server(), "purged");
    let backups = Backups::new();
    let dump = dump(server(), Some("purged"));
    let mut command = server().command("pg_dumpall");
    let globals = command.arg("--globals-only").run().stdout;
    let put = |owner: Option<u32>| {
        for (suffix, mode) in [("", "none"), (".gz", "gzip"), (".bz2", "bzip2")] {
            for (name, bytes) in [("dump-purged", &dump), ("globals", &globals)] {
                let file = staging.join(format!("postgresql{name}.txt{suffix}"));
                fs::write(&file, packed(bytes, mode)).unwrap();
                chown(&file, owner, owner).unwrap();
                make_nine_days_old(&file);
            }
        }
        let control = staging.join("control");
        fs::write(&control, "read by others").unwrap();
        make_nine_days_old(&control);
        fs::read(&control).unwrap();
    };
    let is_purged = || {
        cback3(&site, server()).arg("purge").run().succeeds();
        let left = fs::read_dir(&staging)
            .unwrap()
            .map(|it| it.unwrap().file_name());
        let left: Vec<_> = left.collect();
        if left.is_empty() {
            skip("the file system keeps no access times");
        }
        left.is_empty() || left == ["control"]
    };
    let arguments = ["--restore", staging.to_str().unwrap()];
    put(None);
    let printed = backups.proves(&arguments);
    assert_eq!(
        printed.matches(" with postgresqlglobals.txt").count(),
        3,
        "{printed}"
    );
    assert!(is_purged());
    if skipped_without_root("to become another account") {
        return;
    }
    put(Some(NOBODY));
    backups
        .by_nobody(&backups.command(cback_tests::SHELLS[0], &arguments))
        .run();
    assert!(is_purged());
}
