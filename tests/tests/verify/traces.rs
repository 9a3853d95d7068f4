//! "Reading a backup leaves no trace on it: not even its access time, by which cback3 purges."

use crate::backups::{Backups, NOBODY, packed};
use cback_tests::{
    Finished, Run, SHELLS, Site, assert_times, cback3, server, skip, skipped_without_root, wrapped,
};
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::chown;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Purge goes by the younger of both times.
fn make_nine_days_old(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(9 * 24 * 3600);
    let times = FileTimes::new().set_accessed(then).set_modified(then);
    let file = File::options().write(true).open(path).unwrap();
    file.set_times(times).unwrap();
}

#[test]
fn what_was_proven_is_purged_in_its_time() {
    let mut site = Site::new();
    let staging = site.path("stage");
    let directory = format!("<abs_path>{}</abs_path>", staging.display());
    let days = "<retain_days>7</retain_days>";
    site.add_section(&format!("<purge><dir>{directory}{days}</dir></purge>"));
    site.configure("none", &["purged"]);
    let (backups, dump) = Backups::of_items();
    let globals = server().command("pg_dumpall").arg("--globals-only").run();
    let put = |owner: Option<u32>| {
        let modes = [("", "none"), (".gz", "gzip"), (".bz2", "bzip2")];
        let files = modes.iter().flat_map(|(suffix, mode)| {
            let dump = (format!("postgresqldump-x.txt{suffix}"), packed(&dump, mode));
            let globals = packed(&globals.stdout, mode);
            [dump, (format!("postgresqlglobals.txt{suffix}"), globals)]
        });
        let control = ("control".to_owned(), b"is read by others".to_vec());
        for (name, bytes) in files.chain([control]) {
            let file = staging.join(name);
            fs::write(&file, bytes).unwrap();
            chown(&file, owner, owner).unwrap();
            make_nine_days_old(&file);
        }
        fs::read(staging.join("control")).unwrap();
    };
    let assert_purged = || {
        cback3(&site, server()).arg("purge").run().succeeds();
        let left = fs::read_dir(&staging).unwrap();
        let left: Vec<_> = left.map(|it| it.unwrap().file_name()).collect();
        if left.is_empty() {
            return skip("the file system keeps no access times");
        }
        assert_eq!(left, ["control"]);
    };
    let staged = staging.to_str().unwrap();
    let command = backups.command(SHELLS[0], &["--restore", staged]);
    put(None);
    let printed = wrapped(&["env"], &command).prints();
    assert_times(&printed, 3, " with postgresqlglobals.txt");
    assert_purged();
    if skipped_without_root("to become another account") {
        return;
    }
    put(Some(NOBODY));
    let command = backups.command(SHELLS[0], &[staged]);
    backups.by(NOBODY, &command).run().succeeds();
    assert_purged();
}
