//! Disks that fill up, shrink, refuse or go away.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::verdict::{Published, YESTERDAY, Yardstick, judge, put_yesterdays, start};
use cback_tests::{Contender, Job, Server, Site, SmallDisk, create_bulk, wait_for, wrapped};
use rustix::process::geteuid;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

const DATABASE: &str = "shop";
const LIMIT: Duration = Duration::from_secs(60);

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    create_bulk(&server, DATABASE, 600);
    server
});

fn jobs() -> impl Iterator<Item = Job> {
    ["none", "gzip", "bzip2"]
        .into_iter()
        .map(|mode| Job::new(mode, Some(DATABASE)))
}

/// From a disk that has no room for anything to one on which the dump fits.
#[test]
fn a_disk_that_is_full_at_any_point() {
    if !geteuid().is_root() {
        return; // nobody else may mount
    }
    let yardstick = Yardstick::new(&SERVER, Some(DATABASE));
    for job in jobs() {
        let (mut failed, mut succeeded) = (0, 0);
        for kilobytes in [
            8, 12, 16, 20, 24, 64, 128, 256, 300, 350, 400, 512, 1024, 2048,
        ] {
            let mut site = Site::new();
            let disk = SmallDisk::mount(&site.collect_dir(), &format!("size={kilobytes}k"));
            let file = disk.path(&job.file(&site));
            fs::write(&file, YESTERDAY).unwrap();
            let command = Contender::Ours.command(&mut site, &SERVER, &job);
            let mut child = start(&mut disk.command(&command));
            let verdict = judge(&site, &yardstick, &file, &mut child);
            let told = format!("{job:?}, {kilobytes} KB: {verdict:?}");
            assert_eq!(verdict.broken_promise(), None, "{told}");
            match verdict.status.unwrap().code() {
                Some(0) => succeeded += 1,
                Some(1) => failed += 1,
                _ => panic!("{told}"),
            }
            let left = fs::read_dir(disk.path(&site.collect_dir())).unwrap();
            assert_eq!(left.count(), 1, "{told}");
        }
        assert!(
            failed > 4 && succeeded > 0,
            "{job:?}: {failed}, {succeeded}"
        );
    }
}

/// As a thinly provisioned volume, a quota on a file server or a dying disk: nothing fails before
/// the sync.
#[test]
fn a_disk_that_takes_what_it_cannot_keep() {
    if !geteuid().is_root() {
        return; // nobody else may mount
    }
    let yardstick = Yardstick::new(&SERVER, Some(DATABASE));
    for (job, kilobytes) in jobs().flat_map(|job| [(job, 100), (job, 4000)]) {
        let mut site = Site::new();
        let disk = SmallDisk::mount_thin(&site.collect_dir(), kilobytes);
        let file = disk.path(&job.file(&site));
        fs::write(&file, YESTERDAY).unwrap();
        disk.forget(&file);
        let command = Contender::Ours.command(&mut site, &SERVER, &job);
        let status = disk.command(&command).output().unwrap().status;
        disk.forget(&file);
        let (code, published) = if kilobytes == 100 {
            (1, Published::Old)
        } else {
            (0, Published::New)
        };
        let told = format!("{job:?}, {kilobytes} KB");
        assert_eq!(status.code(), Some(code), "{told}");
        assert_eq!(yardstick.measure(&file), published, "{told}");
    }
}

#[test]
fn a_file_that_may_not_grow() {
    let yardstick = Yardstick::new(&SERVER, Some(DATABASE));
    for job in jobs() {
        for bytes in ["0", "1", "1000", "65536", "300000"] {
            let mut site = Site::new();
            put_yesterdays(&site, &job);
            let command = Contender::Ours.command(&mut site, &SERVER, &job);
            let limit = format!("--fsize={bytes}");
            let mut command = wrapped(&["prlimit", &limit, "--"], &command);
            let verdict = judge(
                &site,
                &yardstick,
                &job.file(&site),
                &mut start(&mut command),
            );
            let told = format!("{job:?}, {bytes} bytes: {verdict:?}");
            assert_eq!(verdict.broken_promise(), None, "{told}");
            assert_eq!(verdict.status.unwrap().code(), Some(1), "{told}");
            assert_eq!(verdict.published, Published::Old, "{told}");
        }
    }
}

#[test]
fn a_read_only_disk() {
    if !geteuid().is_root() {
        return; // nobody else may mount
    }
    let job = Job::new("gzip", Some(DATABASE));
    let mut site = Site::new();
    let disk = SmallDisk::mount(&site.collect_dir(), "size=1m");
    let file = disk.path(&job.file(&site));
    fs::write(&file, YESTERDAY).unwrap();
    let mut remount = Command::new("mount");
    remount.args(["-o", "remount,ro"]).arg(site.collect_dir());
    assert!(disk.command(&remount).status().unwrap().success());
    let command = Contender::Ours.command(&mut site, &SERVER, &job);
    let output = disk.command(&command).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let expected = format!(
        "cback-postgresql: collect_dir {} is not writable\n",
        site.collect_dir().display()
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    assert_eq!(fs::read(&file).unwrap(), YESTERDAY);
}

/// What the script says when it is told to go on, `meanwhile` done to its half made backup.
fn meanwhile(deed: impl Fn(&Site)) -> (Site, Option<i32>, String) {
    let mut site = Site::new();
    let gate = site.halt_dumps();
    let job = Job::new("gzip", Some("postgres"));
    let mut command = Contender::Ours.command(&mut site, &SERVER, &job);
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let half_made = site.collect_dir().join(".cback-postgresql/dump");
    wait_for("a backup is half made", LIMIT, || {
        fs::metadata(&half_made).is_ok_and(|it| it.len() > 0)
    });
    deed(&site);
    fs::write(gate, "").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(site.processes(), [""; 0]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (site, output.status.code(), said)
}

#[test]
fn a_collect_dir_that_vanishes() {
    let (site, code, said) = meanwhile(|site| fs::remove_dir_all(site.collect_dir()).unwrap());
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.ends_with("cback-postgresql: not backed up: postgres\n"),
        "{said}"
    );
    assert!(!site.collect_dir().exists());
}

#[test]
fn a_collect_dir_that_is_another_now() {
    let (site, code, said) = meanwhile(|site| {
        fs::rename(site.collect_dir(), site.path("moved")).unwrap();
        fs::create_dir(site.collect_dir()).unwrap();
    });
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("postgres: not backed up for certain"),
        "{said}"
    );
    assert_eq!(site.listing(), [""; 0], "{said}");
}

#[test]
fn a_half_made_backup_that_somebody_removes() {
    let (site, code, said) = meanwhile(|site| {
        fs::remove_dir_all(site.collect_dir().join(".cback-postgresql")).unwrap();
    });
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(site.listing(), [""; 0], "{said}");
}
