//! "One database failing does not stop the others; any failure makes the exit status 1, and every failure
//! is named in the last lines of stderr."

use cback_tests::{Finished, Job, Run, Shell, Site, YESTERDAY, in_each_shell, server, unpacked};

in_each_shell!(
    a_failed_dump_leaves_the_last_backup_alone,
    globals_go_without_a_missing_database_and_those_that_fail_leave_the_last_ones_alone,
    where_tmpdir_cannot_be_written_to_shared_memory_serves,
    new_names_that_cannot_be_synced_are_a_failure,
);

/// The last backup is spoken of only where there is one; a seal that is missing is no news after the real error.
fn a_failed_dump_leaves_the_last_backup_alone(shell: Shell) {
    for mode in ["none", "gzip", "bzip2"] {
        let mut site = Site::new();
        let job = Job::new(mode, Some("missing")).in_shell(shell);
        let fails = |site: &Site, cause: &str, and_the_last: &str| {
            let said = job.command(site, server()).run().fails(1);
            let last = format!(
                "cback-postgresql: missing: not backed up: its dump is incomplete{and_the_last}\n\
                 cback-postgresql: not backed up: missing\n"
            );
            assert!(said.contains(cause) && said.ends_with(&last), "{said}");
            assert!(!said.contains("seal"), "{said}");
        };
        let cause = "database \"missing\" does not exist";
        fails(&site, cause, "");
        assert!(site.listing().is_empty());
        job.put_yesterdays(&site);
        fails(&site, cause, ", the last backup is as it was");
        assert_eq!(site.listing(), [job.file_name()], "{mode}");
        assert_eq!(site.backup(&job.file_name()), YESTERDAY, "{mode}");
        // Where cback-pgdump cannot say anything.
        site.replace_pg_dump("kill -s KILL $PPID; sleep 1");
        fails(&site, "", ", the last backup is as it was");
    }
}

/// A database that is missing is named, and the others are in the globals.
fn globals_go_without_a_missing_database_and_those_that_fail_leave_the_last_ones_alone(
    shell: Shell,
) {
    let mut site = Site::new();
    let section = "<user>postgres</user><compress_mode>gzip</compress_mode><globals>Y</globals>\
                   <database>postgres</database>";
    site.configure_section(&format!("{section}<database>missing</database>"));
    let said = site.run(server(), shell).fails(1);
    let last = "\ncback-postgresql: not backed up: missing\n";
    let message = "roles and tablespaces: cback-pgdump: database \"missing\" does not exist: its";
    assert!(said.contains(message) && said.ends_with(last), "{said}");
    let file = "postgresqlglobals.txt.gz";
    let globals = unpacked(&site.collect_dir().join(file)).unwrap();
    let globals = String::from_utf8(globals).unwrap();
    assert!(globals.contains("\\connect postgres") && !globals.contains("missing"));
    let todays = site.backup(file);
    let failing = site.shim("failing", "exit 1");
    site.override_command("pg_dumpall", &failing);
    site.configure_section(section);
    let said = site.run(server(), shell).fails(1);
    let last = "\ncback-postgresql: not backed up: roles and tablespaces\n";
    assert!(said.ends_with(last), "{said}");
    assert!(site.backup(file) == todays);
}

/// A unit with `ProtectSystem=strict` leaves nothing else to write to.
fn where_tmpdir_cannot_be_written_to_shared_memory_serves(shell: Shell) {
    let site = Site::with("gzip", &["postgres", "template1"]);
    // Without nproc there are four dumps at a time.
    site.replace("nproc", "exit 1");
    for directory in ["/no/such/directory", "relative"] {
        let mut command = site.command(server(), shell);
        let said = command.env("TMPDIR", directory).run().succeeds();
        assert_eq!(said.lines().count(), 2, "{said}");
    }
}

/// One sync puts all new names on the disk, so its failure is everybody's; the list has a new one in any case.
fn new_names_that_cannot_be_synced_are_a_failure(shell: Shell) {
    let site = Site::new();
    site.replace("sync", "exit 1");
    let not_synced = format!(
        "cback-postgresql: collect_dir {} cannot be synced: a power cut may undo what was backed up\n",
        site.collect_dir().display()
    );
    let missing = "cback-postgresql: not backed up: missing\n";
    for (databases, missing) in [
        (&["postgres"][..], ""),
        (&["postgres", "missing"], missing),
        (&["missing"], missing),
    ] {
        site.configure("none", databases);
        let said = site.run(server(), shell).fails(1);
        let last = not_synced.clone() + missing;
        assert!(said.ends_with(&last), "{databases:?}: {said}");
    }
}
