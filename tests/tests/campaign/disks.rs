//! Disks that fill up, shrink, refuse or go away.

use cback_tests::{
    Finished, HaltedRun, Job, Outcome, Published, Run, SHELLS, Site, SmallDisk, WholeDump,
    YESTERDAY, create_bulk, server, skipped_without_root, wrapped,
};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
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

/// From a disk that has no room for anything to one on which the dump fits.
fn a_disk_that_is_full_at_any_point(job: &Job) {
    if skipped_without_root("nobody else may mount") {
        return;
    }
    let (mut failed, mut succeeded) = (0, 0);
    let (few, more) = (
        [8, 12, 16, 20, 24, 64, 128],
        [256, 300, 350, 400, 512, 1024, 2048],
    );
    for kilobytes in few.into_iter().chain(more) {
        let option = format!("size={kilobytes}k");
        let mount = |site: &Site| SmallDisk::mount(&site.collect_dir(), &option);
        let (site, disk, file) = site_on(mount, job);
        let mut command = run_on(&disk, &site, job);
        let outcome = Outcome::of_command(&site, &WHOLE, &file, &mut command);
        let told = format!("{kilobytes} KB: {outcome:?}");
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

#[test]
fn a_disk_that_is_full_at_any_point_of_a_plain_dump() {
    a_disk_that_is_full_at_any_point(&JOBS[0]);
}

#[test]
fn a_disk_that_is_full_at_any_point_of_gzip() {
    a_disk_that_is_full_at_any_point(&JOBS[1]);
}

#[test]
fn a_disk_that_is_full_at_any_point_of_bzip2() {
    a_disk_that_is_full_at_any_point(&JOBS[2]);
}

/// As a thinly provisioned volume, a quota on a file server or a dying disk: nothing fails before
/// the sync.
#[test]
fn a_disk_that_takes_what_it_cannot_keep() {
    if skipped_without_root("nobody else may mount") {
        return;
    }
    for (job, kilobytes) in JOBS.iter().flat_map(|job| [(job, 100), (job, 4000)]) {
        let mount = |site: &Site| SmallDisk::mount_thin(&site.collect_dir(), kilobytes);
        let (site, disk, file) = site_on(mount, job);
        disk.forget(&file);
        let status = run_on(&disk, &site, job).run().status;
        disk.forget(&file);
        let expected = if kilobytes == 100 {
            (Some(1), Published::Old)
        } else {
            (Some(0), Published::New)
        };
        let end = (status.code(), WHOLE.compare(&file));
        assert_eq!(end, expected, "{job:?}, {kilobytes} KB");
    }
}

#[test]
fn a_file_that_may_not_grow() {
    for job in &JOBS {
        for bytes in ["0", "1", "1000", "65536", "300000"] {
            let site = Site::new();
            job.put_yesterdays(&site);
            let limit = format!("--fsize={bytes}");
            let mut command = wrapped(&["prlimit", &limit, "--"], &job.command(&site, server()));
            let outcome = Outcome::of_command(&site, &WHOLE, &job.file(&site), &mut command);
            outcome.assert_failed(&format!("{job:?}, {bytes} bytes"));
        }
    }
}

/// What becomes of a run that is told to go on, `meanwhile` done to its half made backup.
fn meanwhile(done: impl Fn(&Site)) -> (HaltedRun, Output) {
    let mut run = HaltedRun::start(Site::new(), server(), SHELLS[0], 1, |site| {
        site.configure("gzip", &["postgres"]);
    });
    done(&run.site);
    let output = run.go_on();
    assert_eq!(run.site.processes(), [""; 0]);
    (run, output)
}

#[test]
fn a_collect_dir_that_vanishes() {
    let (run, output) = meanwhile(|site| fs::remove_dir_all(site.collect_dir()).unwrap());
    let said = output.fails(1);
    let last = "cback-postgresql: not backed up: postgres\n";
    assert!(said.ends_with(last), "{said}");
    assert!(!run.site.collect_dir().exists());
}

#[test]
fn a_collect_dir_that_is_another_now() {
    let (run, output) = meanwhile(|site| {
        fs::rename(site.collect_dir(), site.path("moved")).unwrap();
        fs::create_dir(site.collect_dir()).unwrap();
    });
    let said = output.fails(1);
    let warning = "postgres: not backed up for certain";
    assert!(said.contains(warning), "{said}");
    assert_eq!(run.site.listing(), [""; 0], "{said}");
}
