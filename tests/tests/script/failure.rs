//! "One database failing does not stop the others; any failure makes the exit status 1, and every failure
//! is named in the last lines of stderr."

use cback_tests::{Finished, Job, Run, Shell, Site, YESTERDAY, in_each_shell, server};
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

in_each_shell!(
    a_failed_dump_leaves_the_last_backup_alone,
    without_fifos_the_cause_is_named_in_a_dry_run_too,
    where_tmpdir_cannot_be_written_to_shared_memory_serves,
    new_names_that_cannot_be_synced_are_a_failure,
);

/// The last backup is spoken of only where there is one.
fn a_failed_dump_leaves_the_last_backup_alone(shell: Shell) {
    for mode in ["none", "gzip", "bzip2"] {
        let site = Site::new();
        let job = Job::new(mode, Some("missing")).in_shell(shell);
        let mut command = job.command(&site, server());
        let mut fails = |and_the_last: &str| {
            let said = command.run().fails(1);
            let last = format!(
                "cback-postgresql: missing: not backed up: its dump is incomplete{and_the_last}\n\
                 cback-postgresql: not backed up: missing\n"
            );
            let cause = "database \"missing\" does not exist";
            assert!(said.contains(cause) && said.ends_with(&last), "{said}");
        };
        fails("");
        assert!(site.listing().is_empty());
        job.put_yesterdays(&site);
        fails(", the last backup is as it was");
        assert_eq!(site.listing(), [job.file_name()], "{mode}");
        assert_eq!(site.backup(&job.file_name()), YESTERDAY, "{mode}");
    }
}

/// "a `collect_dir` without FIFOs" is no matter, since they lie elsewhere; and where there are none at all
/// the dry run knows.
fn without_fifos_the_cause_is_named_in_a_dry_run_too(shell: Shell) {
    let site = Site::with("gzip", &["postgres"]);
    let why = "mkfifo: cannot create fifo 'pipe': Operation not permitted";
    site.replace("mkfifo", &format!("echo \"{why}\" >&2; exit 1"));
    for arguments in [&[][..], &["--dry-run"]] {
        let mut command = site.command(server(), shell);
        command.env("TMPDIR", site.path("work"));
        // A run that was killed has left it.
        let left = site.path("work/.cback-postgresql.0123456789");
        fs::create_dir(&left).unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(120);
        File::open(left).unwrap().set_modified(long_ago).unwrap();
        let said = command.args(arguments).run().fails(1);
        let last = said.lines().last().unwrap();
        let directory = site.path("work").display().to_string();
        let expected = format!(
            "cback-postgresql: no pipe can be made in {directory}: Operation not permitted"
        );
        assert_eq!(last, expected, "{said}");
        assert_eq!(fs::read_dir(site.path("work")).unwrap().count(), 0);
    }
}

/// A unit with `ProtectSystem=strict` leaves nothing else to write to.
fn where_tmpdir_cannot_be_written_to_shared_memory_serves(shell: Shell) {
    let site = Site::with("gzip", &["postgres"]);
    let mut command = site.command(server(), shell);
    command.env("TMPDIR", "/no/such/directory").run().succeeds();
    let said = command.env("TMPDIR", "relative").run().succeeds();
    assert_eq!(said.lines().count(), 1, "{said}");
    // Without nproc there is one dump at a time.
    site.replace("nproc", "exit 1");
    site.run(server(), shell).succeeds();
    let full = "echo 'mktemp: failed: No space left on device' >&2; exit 1";
    site.replace("mktemp", full);
    let said = site.run(server(), shell).fails(1);
    let expected = "cback-postgresql: nothing can be written in TMPDIR or /dev/shm: \
                    No space left on device\n";
    assert_eq!(said, expected);
}

/// One sync puts all new names on the disk, so its failure is everybody's; the list has a new one in any case.
fn new_names_that_cannot_be_synced_are_a_failure(shell: Shell) {
    let site = Site::new();
    site.replace("sync", "exit 1");
    let directory = site.collect_dir().display().to_string();
    let not_synced = format!(
        "cback-postgresql: collect_dir {directory} cannot be synced: \
         a power cut may undo what was backed up\n"
    );
    let missing = "cback-postgresql: not backed up: missing\n";
    for (databases, last) in [
        (&["postgres"][..], not_synced.clone()),
        (&["postgres", "missing"], not_synced.clone() + missing),
        (&["missing"], not_synced + missing),
    ] {
        site.configure("none", databases);
        let said = site.run(server(), shell).fails(1);
        assert!(said.ends_with(&last), "{databases:?}: {said}");
        assert!(!said.contains("as it was"), "{databases:?}: {said}");
        for name in site.listing() {
            fs::remove_file(site.collect_dir().join(name)).unwrap();
        }
    }
}
