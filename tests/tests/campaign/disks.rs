//! Disks that fill up, shrink, refuse or go away.

use cback_tests::{
    Finished, HaltedRun, Job, Outcome, Published, Run, SHELLS, Site, SmallDisk, WholeDump,
    YESTERDAY, create_bulk, in_background, server, skipped_without_root, wrapped,
};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

const DATABASE: &str = "disks";

static WHOLE: LazyLock<WholeDump> = LazyLock::new(|| {
    create_bulk(server(), DATABASE, 600);
    WholeDump::of(server(), Some(DATABASE))
});

const JOBS: [Job; 3] = [
    Job::new("none", Some(DATABASE)),
    Job::new("gzip", Some(DATABASE)),
    Job::new("bzip2", Some(DATABASE)),
];

/// A site with yesterday's backup on this disk, and the backup's file.
fn site_on(mount: impl FnOnce(&Site) -> SmallDisk, job: &Job) -> (Site, SmallDisk, PathBuf) {
    let site = Site::new();
    let disk = mount(&site);
    let file = disk.path(&job.file(&site));
    fs::write(&file, YESTERDAY).unwrap();
    (site, disk, file)
}

fn run_on(disk: &SmallDisk, site: &Site, job: &Job) -> Command {
    disk.command(&job.command(site, server()))
}

/// "Appears complete, or the previous one stays as it was, byte for byte": from a disk that has no room for anything
/// to one on which the dump fits.
#[test]
fn a_disk_that_is_full_at_any_point() {
    if skipped_without_root("nobody else may mount") {
        return;
    }
    for job in &JOBS {
        let (mut failed, mut succeeded) = (0, 0);
        for kilobytes in [8, 12, 16, 24, 64, 128, 256, 300, 350, 400, 512, 1024, 2048] {
            let option = format!("size={kilobytes}k");
            let mount = |site: &Site| SmallDisk::mount(&site.collect_dir(), &option);
            let (site, disk, file) = site_on(mount, job);
            let mut child = in_background(&mut run_on(&disk, &site, job));
            let outcome = Outcome::of(&site, &WHOLE, &file, &mut child);
            let told = format!("{job:?}, {kilobytes} KB: {outcome:?}");
            outcome.assert_safe(&told);
            match outcome.code() {
                Some(0) => succeeded += 1,
                Some(1) => failed += 1,
                _ => panic!("{told}"),
            }
            let left = fs::read_dir(disk.path(&site.collect_dir())).unwrap();
            assert_eq!(left.count(), 1, "{told}");
        }
        assert!(failed > 4 && succeeded > 0, "{failed}, {succeeded}");
    }
}

/// A thinly provisioned volume, a quota on a file server or a dying disk: nothing fails before
/// the sync. The dump is larger than a request to the disk, since the loop device reports the
/// first that was cut short as written.
#[test]
fn a_disk_that_takes_what_it_cannot_keep() {
    if skipped_without_root("nobody else may mount") {
        return;
    }
    let database = Some("megabytes");
    create_bulk(server(), "megabytes", 6000);
    let whole = WholeDump::of(server(), database);
    let jobs = JOBS.map(|job| Job { database, ..job });
    for (job, kilobytes) in jobs.iter().flat_map(|job| [(job, 100), (job, 12_000)]) {
        let mount = |site: &Site| SmallDisk::mount_thin(&site.collect_dir(), kilobytes);
        let (site, disk, file) = site_on(mount, job);
        disk.forget(&file);
        let status = run_on(&disk, &site, job).run().status;
        disk.forget(&file);
        let expected = match kilobytes {
            100 => (Some(1), Published::Old),
            _ => (Some(0), Published::New),
        };
        let end = (status.code(), whole.compare(&file));
        assert_eq!(end, expected, "{job:?}, {kilobytes} KB");
    }
}

/// A message names the cause: the limit's signal, which would end the programs without a word, is ignored.
#[test]
fn a_file_that_may_not_grow() {
    for job in &JOBS {
        for bytes in ["0", "1", "1000", "65536", "300000"] {
            let site = Site::new();
            let limit = format!("--fsize={bytes}");
            let mut command = wrapped(&["prlimit", &limit, "--"], &job.command(&site, server()));
            job.put_yesterdays(&site);
            LazyLock::force(&WHOLE);
            let said = command.run().fails(1);
            assert!(said.contains("File too large"), "{bytes} bytes: {said}");
            let published = WHOLE.compare(&job.file(&site));
            assert_eq!(published, Published::Old, "{job:?}, {bytes} bytes");
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
