//! Disks that fill up, files that may not grow, directories that go away. A sync that fails is in `calls`.

use cback_tests::{
    Finished, HaltedRun, Job, LIST, Outcome, Published, Run, SHELLS, Site, SmallDisk, WholeDump,
    YESTERDAY, assert_has, create_bulk, in_background, server, skipped_without_root, wrapped,
};
use std::fs;
use std::sync::LazyLock;

const DATABASE: &str = "disks";

static WHOLE: LazyLock<WholeDump> = LazyLock::new(|| {
    create_bulk(server(), DATABASE, 600);
    WholeDump::of(server(), Some(DATABASE))
});

fn jobs() -> [Job; 3] {
    LazyLock::force(&WHOLE);
    ["none", "gzip", "bzip2"].map(|mode| Job::new(mode, Some(DATABASE)))
}

/// "Appears complete, or the previous one stays as it was, byte for byte": from a disk that has no room for anything
/// to one on which the dump fits.
#[test]
fn a_disk_that_is_full_at_any_point() {
    if skipped_without_root("nobody else may mount") {
        return;
    }
    for job in &jobs() {
        let (mut failed, mut succeeded) = (0, 0);
        for kilobytes in [8, 24, 64, 256, 350, 2048] {
            let site = Site::new();
            let disk = SmallDisk::mount(&site.collect_dir(), &format!("size={kilobytes}k"));
            let file = disk.path(&job.file(&site));
            fs::write(&file, YESTERDAY).unwrap();
            let mut command = disk.command(&job.command(&site, server()));
            let mut child = in_background(&mut command);
            let outcome = Outcome::of(&site, &WHOLE, &file, &mut child);
            let told = format!("{job:?}, {kilobytes} KB: {outcome:?}");
            outcome.assert_safe(&told);
            succeeded += u32::from(outcome.code() == Some(0));
            failed += u32::from(outcome.code() == Some(1));
            let left = fs::read_dir(disk.path(&site.collect_dir())).unwrap();
            let left = left.map(|it| it.unwrap().file_name());
            assert_eq!(left.filter(|name| name != LIST).count(), 1, "{told}");
        }
        let told = format!("{job:?}: {failed} failed, {succeeded} succeeded");
        assert!(
            failed + succeeded == 6 && failed > 2 && succeeded > 0,
            "{told}"
        );
    }
}

/// A message names the cause: the limit's signal, which would end the programs without a word, is ignored.
#[test]
fn a_file_that_may_not_grow() {
    for job in &jobs() {
        for limit in ["--fsize=0", "--fsize=1", "--fsize=1000", "--fsize=300000"] {
            let site = Site::new();
            let mut command = wrapped(&["prlimit", limit, "--"], &job.command(&site, server()));
            job.put_yesterdays(&site);
            let said = command.run().fails(1);
            assert_has(&said, "File too large");
            let published = WHOLE.compare(&job.file(&site));
            assert_eq!(published, Published::Old, "{job:?}, {limit}");
        }
    }
}

/// "Every failure is named in the last lines of stderr, because that is what cback3 shows", also when `collect_dir` has
/// vanished under a half made backup, or is another directory now.
#[test]
fn a_collect_dir_that_goes_away() {
    let vanish: fn(&Site) = |site| fs::remove_dir_all(site.collect_dir()).unwrap();
    let exchange: fn(&Site) = |site| {
        fs::rename(site.collect_dir(), site.path("moved")).unwrap();
        fs::create_dir(site.collect_dir()).unwrap();
    };
    for (harm, why) in [(vanish, ""), (exchange, "not backed up for certain")] {
        let configure = |site: &Site| site.configure("gzip", &["postgres"]);
        let mut run = HaltedRun::start(Site::new(), server(), SHELLS[0], 1, configure);
        harm(&run.site);
        let said = run.go_on().fails(1);
        let last = "cback-postgresql: not backed up: postgres\n";
        assert!(said.contains(why) && said.ends_with(last), "{said}");
        assert_eq!(run.site.processes(), [""; 0]);
        let left = fs::read_dir(run.site.collect_dir()).into_iter().flatten();
        assert_eq!(left.count(), 0, "{said}");
    }
}
