//! Signals, kills, and two runs at once, of one dump or of several at a time: no temporary file, no
//! process, and the previous backups.

use cback_tests::{
    Finished, HaltedRun, Job, Run, Shell, Site, YESTERDAY, in_each_shell, server, wait_for,
};
use rustix::process::Signal;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

in_each_shell!(
    a_signal_leaves_nothing_but_the_last_backups_and_names_what_is_not_done,
    what_a_service_manager_sends_to_all_leaves_nothing,
    the_next_run_removes_what_a_killed_one_left,
    a_compressor_that_is_killed_holds_nothing_up,
    only_the_stage_that_writes_keeps_collect_dir,
    a_second_run_fails_at_once,
);

const LIMIT: Duration = Duration::from_secs(300);

const DATABASES: [&str; 4] = ["postgres", "template1", "one more", "and another"];

/// How many of them are backed up.
const NUMBERS: [usize; 2] = [1, 4];

/// A run of so many dumps that have stopped half way, where yesterday's backups lie.
struct Halted {
    run: HaltedRun,
    jobs: Vec<Job>,
}

impl Halted {
    fn start(site: Site, shell: &[&str], number: usize) -> Self {
        static CREATED: Once = Once::new();
        CREATED.call_once(|| {
            for database in &DATABASES[2..] {
                server().create_database(database);
            }
        });
        let databases = &DATABASES[..number];
        let job = |database: &&'static str| Job::new("gzip", Some(database));
        let jobs: Vec<_> = databases.iter().map(job).collect();
        let run = HaltedRun::start(site, server(), shell, number, |site| {
            site.configure("gzip", databases);
            for job in &jobs {
                job.put_yesterdays(site);
            }
        });
        Self { run, jobs }
    }

    /// All is there that yesterday left, or of today, and nothing runs any more.
    #[track_caller]
    fn assert_backups_are_yesterdays(&self, expected: bool) {
        let site = &self.run.site;
        for job in &self.jobs {
            let is_yesterdays = site.backup(&job.file_name()) == YESTERDAY;
            assert_eq!(is_yesterdays, expected, "{job:?}");
        }
        wait_for("all are gone", LIMIT, || site.processes().is_empty());
    }

    #[track_caller]
    fn assert_nothing_else(&self) {
        let mut names: Vec<_> = self.jobs.iter().map(Job::file_name).collect();
        names.sort();
        assert_eq!(self.run.site.listing(), names);
    }
}

fn a_signal_leaves_nothing_but_the_last_backups_and_names_what_is_not_done(shell: Shell) {
    for (number, signal, name) in [
        (1, Signal::TERM, "TERM"),
        (4, Signal::TERM, "TERM"),
        (4, Signal::INT, "INT"),
        (4, Signal::HUP, "HUP"),
        (4, Signal::QUIT, "QUIT"),
    ] {
        let mut halted = Halted::start(Site::new(), shell, number);
        halted.run.signal(signal);
        let output = halted.run.wait();
        assert_eq!(output.status.signal(), Some(signal.as_raw()));
        let said = output.said();
        let names = DATABASES[..number].join(", ");
        let names = format!("cback-postgresql: not backed up: {names}\n");
        let last = names + "cback-postgresql: stopped by SIG" + name + "\n";
        // A stage of several may have a word to say on its way out.
        assert!(said.contains(&last), "{said}");
        assert!(number > 1 || said.ends_with(&last), "{said}");
        assert!(!said.contains("getcwd"), "{said}");
        halted.assert_nothing_else();
        halted.assert_backups_are_yesterdays(true);
    }
}

/// It signals whatever it finds, and again: rm, too.
fn what_a_service_manager_sends_to_all_leaves_nothing(shell: Shell) {
    let site = Site::new();
    // In place before the start, since a shell remembers where it has found a program.
    let rm = "[ ! -e \"${0%/*}/../armed\" ] || kill -s TERM $$; exec /bin/rm \"$@\"";
    site.replace("rm", rm);
    let mut halted = Halted::start(site, shell, 4);
    let site = &halted.run.site;
    fs::write(site.path("armed"), "").unwrap();
    site.alive().iter().for_each(|it| it.send(Signal::TERM));
    let output = halted.run.wait();
    assert_eq!(output.status.signal(), Some(Signal::TERM.as_raw()));
    halted.assert_backups_are_yesterdays(true);
    halted.assert_nothing_else();
}

fn the_next_run_removes_what_a_killed_one_left(shell: Shell) {
    // A SIGTERM that is ignored would not take the stages along.
    let ignoring = ["sh", "-c", "trap '' TERM; exec \"$@\"", "sh"];
    for number in NUMBERS {
        let tmpdir = tempfile::tempdir().unwrap();
        let variable = format!("TMPDIR={}", tmpdir.path().display());
        let shell = &[&["env", &variable, "SHELLOPTS=noglob"], shell].concat();
        let site = Site::new();
        site.replace("rm", "echo >>\"${0%/*}/../calls\"; exec /bin/rm \"$@\"");
        let mut halted = Halted::start(site, &[&ignoring[..], shell].concat(), number);
        halted.run.signal(Signal::KILL);
        halted.run.wait();
        halted.assert_backups_are_yesterdays(true);
        // A kill leaves nothing in collect_dir; in other moments, or by an older version, it may.
        halted.assert_nothing_else();
        let left = |name: &str| halted.run.site.collect_dir().join(name);
        for number in 0..100 {
            fs::write(left(&format!(".cback-compress.{number}")), "a whole dump").unwrap();
        }
        fs::create_dir(left(".cback-postgresql")).unwrap();
        fs::write(left(".cback-postgresql/1"), "half a dump").unwrap();
        halted.run.open_gate();
        halted.run.site.run(server(), shell).succeeds();
        // Whoever may write there may have left a million: they have no process each.
        let calls = fs::read_to_string(halted.run.site.path("calls")).unwrap();
        assert!(calls.lines().count() < 10, "{calls:?}");
        assert_eq!(fs::read_dir(tmpdir.path()).unwrap().count(), 0);
        halted.assert_nothing_else();
        halted.assert_backups_are_yesterdays(false);
    }
}

/// It reports nothing, and the others go on; whether its backup has got its name nobody knows.
fn a_compressor_that_is_killed_holds_nothing_up(shell: Shell) {
    let mut halted = Halted::start(Site::new(), shell, 4);
    let alive = halted.run.site.alive();
    let compressors: Vec<_> = alive
        .iter()
        .filter(|it| it.name == "cback-compress")
        .collect();
    assert_eq!(compressors.len(), 4, "{alive:?}");
    for compressor in &compressors[1..3] {
        compressor.send(Signal::KILL);
    }
    let said = halted.run.go_on().fails(1);
    let lines: Vec<_> = said.lines().collect();
    let outcome = "not backed up for certain: cback-compress was killed";
    let unsure: Vec<_> = lines
        .iter()
        .filter(|line| line.ends_with(outcome))
        .collect();
    let last = lines
        .last()
        .and_then(|line| line.strip_prefix("cback-postgresql: not backed up: "));
    let names: Vec<_> = last.expect("names").split(", ").collect();
    assert_eq!((unsure.len(), names.len()), (2, 2), "{said}");
    halted.assert_nothing_else();
    let backup = |job: &Job| halted.run.site.backup(&job.file_name());
    let is_kept = |(name, job): (&&str, &Job)| names.contains(name) == (backup(job) == YESTERDAY);
    assert!(DATABASES.iter().zip(&halted.jobs).all(is_kept), "{said}");
}

/// A process that a wrapper around pg_dump leaves running must not keep the next run out.
fn only_the_stage_that_writes_keeps_collect_dir(shell: Shell) {
    let mut site = Site::new();
    site.replace_pg_dump("setsid sleep 600 <&- >/dev/null 2>&1 & exec pg_dump \"$@\"");
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

/// Its holder was looked up in a file that `backup_user` could lay: a FIFO stopped root, a link had a file of root's in the
/// message, `/dev/zero` took all memory.
fn a_second_run_fails_at_once(shell: Shell) {
    for number in NUMBERS {
        let mut first = Halted::start(Site::new(), shell, number);
        let site = &first.run.site;
        let directory = site.collect_dir().display().to_string();
        let laid = site.collect_dir().join(".cback-postgresql");
        fs::create_dir(&laid).unwrap();
        let mut fifo = Command::new("mkfifo");
        fifo.arg(laid.join("pid")).run().succeeds();
        let expected =
            format!("cback-postgresql: collect_dir {directory} is in use by another run\n");
        // One that were let in would halt as well.
        let second = [&["timeout", "300"], shell].concat();
        assert_eq!(site.run(server(), &second).fails(1), expected);
        fs::remove_dir_all(laid).unwrap();
        // And it has not disturbed the first.
        first.run.go_on().succeeds();
        first.assert_nothing_else();
        first.assert_backups_are_yesterdays(false);
    }
}
