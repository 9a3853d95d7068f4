//! Signals, and two runs at once: no temporary file, no process, and the previous backup.

use cback_tests::{
    Finished, HaltedRun, Job, Shell, Site, YESTERDAY, in_each_shell, server, wait_for,
};
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

in_each_shell!(
    a_signal_leaves_nothing_but_the_last_backup,
    the_next_run_removes_what_a_killed_one_left,
    only_the_stage_that_writes_keeps_collect_dir,
    a_second_run_says_who_has_collect_dir_and_fails_at_once,
);

const NAME: &str = "postgresqldump-postgres.txt.gz";
const LIMIT: Duration = Duration::from_secs(60);

/// A run that has stopped half way, at a site with yesterday's backup.
fn halted(shell: &[&str]) -> HaltedRun {
    HaltedRun::start(Site::new(), server(), shell, |site| {
        let job = Job::new("gzip", Some("postgres"));
        job.configure(site);
        job.put_yesterdays(site);
    })
}

fn wait_until_gone(site: &Site) {
    wait_for("the stages follow the script", LIMIT, || {
        site.processes().is_empty()
    });
}

fn a_signal_leaves_nothing_but_the_last_backup(shell: Shell) {
    let signals = [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::HUP, "HUP"),
        (Signal::QUIT, "QUIT"),
    ];
    for (signal, name) in signals {
        let mut run = halted(shell);
        run.signal(signal);
        let output = run.wait();
        assert_eq!(output.status.signal(), Some(signal.as_raw()));
        let said = output.said();
        let line = format!("cback-postgresql: stopped by SIG{name} while backing up postgres");
        let mut ours = said
            .lines()
            .filter(|it| it.starts_with("cback-postgresql: "));
        assert_eq!(ours.next_back(), Some(line.as_str()), "{said}");
        assert!(!said.contains("getcwd"), "{said}");
        assert_eq!(run.site.listing(), [NAME]);
        assert_eq!(run.site.backup(NAME), YESTERDAY);
        wait_until_gone(&run.site);
    }
}

fn the_next_run_removes_what_a_killed_one_left(shell: Shell) {
    // A SIGTERM that is ignored would not take the stages along.
    let ignoring = ["sh", "-c", "trap '' TERM; exec \"$@\"", "sh"];
    let mut run = halted(&[&ignoring, shell].concat());
    run.signal(Signal::KILL);
    run.wait();
    assert_eq!(run.site.listing(), [".cback-postgresql", NAME]);
    wait_until_gone(&run.site);
    assert_eq!(run.site.backup(NAME), YESTERDAY);
    run.site.shim("halting-pg_dump", "exec pg_dump \"$@\"");
    run.site.run(server(), shell).succeeds();
    assert_eq!(run.site.listing(), [NAME]);
    assert_ne!(run.site.backup(NAME), YESTERDAY);
}

/// What a wrapper around pg_dump leaves running must not keep the next run out.
fn only_the_stage_that_writes_keeps_collect_dir(shell: Shell) {
    let mut site = Site::new();
    let shim = "setsid sleep 600 <&- >/dev/null 2>&1 & exec pg_dump \"$@\"";
    let shim = site.shim("leaving-pg_dump", shim);
    site.override_command("pg_dump", &shim);
    site.configure("gzip", &["postgres"]);
    for _ in 0..2 {
        site.run(server(), shell).succeeds();
    }
    let left = site.alive();
    for process in &left {
        process.send(Signal::KILL);
    }
    assert_eq!(left.len(), 2, "{left:?}");
}

fn a_second_run_says_who_has_collect_dir_and_fails_at_once(shell: Shell) {
    let mut first = halted(shell);
    // One that were let in would halt as well.
    let second = [&["timeout", "60"], shell].concat();
    let said = first.site.run(server(), &second).fails(1);
    let expected = format!(
        "cback-postgresql: collect_dir {} is in use by process {}\n",
        first.site.collect_dir().display(),
        first.pid()
    );
    assert_eq!(said, expected);
    // And it has not disturbed the first.
    first.go_on().succeeds();
    assert_eq!(first.site.listing(), [NAME]);
    assert_ne!(first.site.backup(NAME), YESTERDAY);
}
