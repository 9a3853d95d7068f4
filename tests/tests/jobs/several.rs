//! How many at a time, in which order, under which names.

use crate::{command, file_name};
use cback_tests::{Finished, Shell, Site, in_each_shell, server, skipped_without_root};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

in_each_shell!(
    as_many_dumps_run_at_a_time_as_jobs_are_wanted,
    failures_are_named_in_the_configurations_order_and_stop_no_other,
    names_of_any_kind_side_by_side,
    one_job_goes_by_the_configurations_order,
    jobs_are_a_number_from_1_to_999,
);

/// Each dump writes down how many there are, itself among them; the first waits for a full house.
fn as_many_dumps_run_at_a_time_as_jobs_are_wanted(shell: Shell) {
    for jobs in [1, 2, 4] {
        let mut site = Site::new();
        let counting = format!(
            "cd \"${{0%/*}}\"; mkdir running.$$\n\
             if mkdir first 2>/dev/null; then\n\
             end=$(($(date +%s) + 60)); until set -- running.*; [ $# -ge {jobs} ]; do\n\
             [ \"$(date +%s)\" -lt \"$end\" ] || exit 1; done; fi\n\
             set -- running.*; echo $# >>counts\n\
             pg_dump --no-password; status=$?; rmdir running.$$; exit $status"
        );
        let shim = site.shim("counting-pg_dump", &counting);
        site.override_command("pg_dump", &shim);
        let database = "postgres";
        site.configure("none", &[database; 9]);
        command(&site, shell, jobs).output().unwrap().succeeds();
        let counts = fs::read_to_string(site.path("counts")).unwrap();
        let counts: Vec<usize> = counts.lines().map(|it| it.parse().unwrap()).collect();
        assert_eq!(counts.len(), 9);
        assert_eq!(counts.iter().max(), Some(&jobs), "{counts:?}");
    }
}

fn failures_are_named_in_the_configurations_order_and_stop_no_other(shell: Shell) {
    let mut site = Site::new();
    // The first fails last.
    let shim = "[ \"$PGDATABASE\" != 'bad one' ] || sleep 1; exec pg_dump \"$@\"";
    let shim = site.shim("slow-pg_dump", shim);
    site.override_command("pg_dump", &shim);
    site.configure(
        "none",
        &["bad one", "postgres", "bad two", "template1", "bad/3"],
    );
    for jobs in [1, 2, 4] {
        let said = command(&site, shell, jobs).output().unwrap().fails(1);
        let last = "cback-postgresql: not backed up: bad one, bad two, bad/3\n";
        assert!(said.ends_with(last), "{jobs}: {said}");
        let files = ["postgres", "template1"].map(file_name);
        assert_eq!(site.listing(), files, "{jobs}: {said}");
    }
}

fn names_of_any_kind_side_by_side(shell: Shell) {
    let names = [
        format!("a=b $(touch x) `y` \"'\\ ü {}", shell.concat()),
        format!("two\nlines\n{}\n", shell.concat()),
        format!("-f/tmp/{}", shell.concat()),
        format!("* 1 finished {}", shell.concat()),
    ];
    let names = names.each_ref().map(String::as_str);
    for name in names {
        server().create_database(name);
        server().sql(name, "create table t as select current_database() as name");
    }
    let site = Site::with("none", &names);
    let said = command(&site, shell, 4).output().unwrap().succeeds();
    let ours = said
        .lines()
        .filter(|it| it.starts_with("cback-postgresql: "));
    assert_eq!(ours.count(), 4, "{said}");
    assert_eq!(site.listing().len(), 4);
    for name in names {
        let dump = site.backup(&file_name(&name.replace('/', "%2F")));
        let row = name.replace('\\', "\\\\").replace('\n', "\\n");
        let rows = format!("\nCOPY public.t (name) FROM stdin;\n{row}\n\\.\n");
        assert!(String::from_utf8(dump).unwrap().contains(&rows), "{name:?}");
    }
}

fn one_job_goes_by_the_configurations_order(shell: Shell) {
    let site = Site::with("none", &["template1", "postgres"]);
    let said = command(&site, shell, 1).output().unwrap().succeeds();
    let starts = [
        "cback-postgresql: template1: /",
        "cback-postgresql: postgres: /",
    ];
    for (line, start) in said.lines().zip(starts) {
        assert!(line.starts_with(start), "{said}");
    }
    assert_eq!(said.lines().count(), 2, "{said}");
}

fn jobs_are_a_number_from_1_to_999(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    for jobs in ["0", "-1", "04", "1000", "two", "", "1 2", "*"] {
        let mut command = site.command(server(), shell);
        let said = command.args(["--jobs", jobs]).output().unwrap().fails(2);
        let first = "cback-postgresql: --jobs needs a number from 1 to 999\n";
        assert!(said.starts_with(first), "{jobs:?}: {said}");
    }
    assert!(site.listing().is_empty());
    command(&site, shell, 999).output().unwrap().succeeds();
}

#[test]
fn files_are_private_and_given_away_before_their_first_byte() {
    if skipped_without_root("only root gives files away") {
        return;
    }
    let mut site = Site::owned_by("games", "backup");
    // What lies in the work directory before there is a byte of a dump.
    let look =
        "ls -ln \"${0%/*}/collect/.cback-postgresql\" >>\"${0%/*}/seen\"; exec pg_dump \"$@\"";
    let shim = site.shim("looking-pg_dump", look);
    site.override_command("pg_dump", &shim);
    site.configure("none", &["postgres", "template1", "postgres"]);
    command(&site, &["dash"], 2).output().unwrap().succeeds();
    let published = fs::metadata(site.collect_dir().join(file_name("postgres"))).unwrap();
    assert_eq!(published.permissions().mode() & 0o7777, 0o600);
    let owner = format!(" {} {} ", published.uid(), published.gid());
    assert_ne!(published.uid(), 0);
    let seen = fs::read_to_string(site.path("seen")).unwrap();
    let is_dump = |line: &&str| [" 1", " 2", " 3"].iter().any(|name| line.ends_with(name));
    let dumps: Vec<_> = seen.lines().filter(is_dump).collect();
    assert!(dumps.len() >= 3, "{seen}");
    for line in dumps {
        assert!(
            line.starts_with("-rw------- 1") && line.contains(&owner),
            "{line}"
        );
    }
}
