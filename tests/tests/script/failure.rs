//! What goes wrong at night leaves yesterday's backup alone and is said in one clear line.

use cback_tests::{Finished, Job, Run, Shell, Site, YESTERDAY, in_each_shell, server};
use std::fs;
use std::os::unix::fs::symlink;

in_each_shell!(
    a_failed_dump_leaves_the_last_backup_alone,
    a_program_that_fails_beside_a_dump_is_no_success,
    new_names_that_cannot_be_synced_are_a_failure,
    a_link_in_place_of_the_work_directory_leads_nowhere,
);

/// Which it speaks of only where there is one.
fn a_failed_dump_leaves_the_last_backup_alone(shell: Shell) {
    for mode in ["none", "gzip", "bzip2"] {
        let site = Site::new();
        let job = Job::new(mode, Some("missing")).in_shell(shell);
        let mut command = job.command(&site, server());
        let last = "cback-postgresql: missing: not backed up\n\
                    cback-postgresql: not backed up: missing\n";
        let said = command.run().fails(1);
        assert!(said.ends_with(last), "{said}");
        assert!(site.listing().is_empty());
        job.put_yesterdays(&site);
        let said = command.run().fails(1);
        assert!(
            said.contains("database \"missing\" does not exist"),
            "{said}"
        );
        let last = "cback-postgresql: missing: not backed up, the last backup is as it was\n\
                    cback-postgresql: not backed up: missing\n";
        assert!(said.ends_with(last), "{said}");
        assert_eq!(site.listing(), [job.file_name()], "{mode}");
        assert_eq!(site.backup(&job.file_name()), YESTERDAY, "{mode}");
    }
}

/// Without `nproc` there is one dump at a time.
fn a_program_that_fails_beside_a_dump_is_no_success(shell: Shell) {
    let programs = [("od", 1), ("mkfifo", 1), ("mv", 1), ("nproc", 0)];
    for (program, code) in programs {
        let site = Site::with("gzip", &["postgres", "template1"]);
        site.replace(program, "exit 1");
        let output = site.run(server(), shell);
        let said = output.said();
        assert_eq!(output.status.code(), Some(code), "{program}: {said}");
        let last = "cback-postgresql: not backed up: postgres, template1\n";
        assert_eq!(said.ends_with(last), code == 1, "{program}: {said}");
    }
}

/// One sync puts all new names on the disk, so its failure is everybody's. Where nothing has a new
/// name there is nothing to sync.
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
        (&["postgres", "missing"], not_synced + missing),
        (&["missing"], format!("missing: not backed up\n{missing}")),
    ] {
        site.configure("none", databases);
        let said = site.run(server(), shell).fails(1);
        assert!(said.ends_with(&last), "{databases:?}: {said}");
        assert!(!said.contains("as it was"), "{databases:?}: {said}");
    }
}

#[test]
fn a_cut_off_dump_is_a_failure() {
    let mut site = Site::new();
    site.replace_pg_dump("pg_dump \"$@\" | head -n 10");
    site.configure("gzip", &["postgres"]);
    site.run(server(), &["sh"]).fails(1);
    assert!(site.listing().is_empty());
}

#[test]
fn without_a_server_nothing_is_written() {
    let site = Site::with("gzip", &["postgres"]);
    let mut command = site.command(server(), &["sh"]);
    command.env("PGHOST", site.path("no-socket-here"));
    let said = command.run().fails(1);
    assert!(said.contains("connection to server on socket"), "{said}");
    assert!(site.listing().is_empty());
}

/// The backup user owns `collect_dir`; the script runs as root.
fn a_link_in_place_of_the_work_directory_leads_nowhere(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    let elsewhere = site.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("dump"), "precious").unwrap();
    let is_untouched = || {
        let names = fs::read_dir(&elsewhere).unwrap().count();
        names == 1 && fs::read(elsewhere.join("dump")).unwrap() == b"precious"
    };
    // Found there before the start: it is removed, not followed.
    symlink(&elsewhere, site.collect_dir().join(".cback-postgresql")).unwrap();
    site.run(server(), shell).succeeds();
    assert!(is_untouched());
    // Put there in the very moment after the directory was made.
    let link = format!(
        "for name; do :; done; ln -s '{}' \"$name\"",
        elsewhere.display()
    );
    site.replace("mkdir", &link);
    let said = site.run(server(), shell).fails(1);
    let reason = "is not the directory it was made as";
    assert!(said.contains(reason), "{said}");
    assert!(is_untouched());
}
