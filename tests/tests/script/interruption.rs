//! Signals, kills, and two runs at once, of one dump or of several at a time: no temporary file, no
//! process, and the previous backups. What a service manager sends to all is in `campaign` and `scripts/trial`.

use cback_tests::{
    Finished, HaltedRun, Job, Shell, Site, YESTERDAY, in_each_shell, server, wait_for,
};
use rustix::process::Signal;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::sync::Once;
use std::time::{Duration, SystemTime};

in_each_shell!(
    a_signal_leaves_nothing_but_the_last_backups_and_names_what_is_not_done,
    the_next_run_removes_what_a_killed_one_left,
    a_compressor_that_is_killed_holds_nothing_up,
    only_the_stage_that_writes_keeps_collect_dir,
    a_second_run_fails_at_once,
);

const DATABASES: [&str; 4] = ["postgres", "template1", "two words", "without end"];

/// How many of them are backed up.
const NUMBERS: [usize; 2] = [1, 4];

fn file(database: &'static str) -> String {
    Job::new("gzip", Some(database)).file_name()
}

/// A run of so many dumps that have stopped half way, where yesterday's backups lie.
fn halted(site: Site, shell: &[&str], number: usize) -> HaltedRun {
    static CREATED: Once = Once::new();
    CREATED.call_once(|| {
        for database in &DATABASES[2..] {
            server().create_database(database);
        }
    });
    HaltedRun::start(site, server(), shell, number, |site| {
        site.configure("gzip", &DATABASES[..number]);
        for database in &DATABASES[..number] {
            fs::write(site.collect_dir().join(file(database)), YESTERDAY).unwrap();
        }
    })
}

/// Nothing runs any more, and nothing is there but yesterday's backups, or today's.
#[track_caller]
fn assert_left(site: &Site, number: usize, are_yesterdays: bool) {
    let is_over = || site.processes().is_empty();
    wait_for("all are gone", Duration::from_secs(300), is_over);
    let names = site.listing();
    assert_eq!(names, DATABASES.map(file)[..number]);
    let is_yesterdays = |name: &String| site.backup(name) == YESTERDAY;
    let are_so = names.iter().all(|it| is_yesterdays(it) == are_yesterdays);
    assert!(are_so, "yesterday's: {are_yesterdays}");
}

fn a_signal_leaves_nothing_but_the_last_backups_and_names_what_is_not_done(shell: Shell) {
    for (number, signal, name) in [
        (1, Signal::TERM, "TERM"),
        (4, Signal::TERM, "TERM"),
        (4, Signal::INT, "INT"),
        (4, Signal::HUP, "HUP"),
        (4, Signal::QUIT, "QUIT"),
    ] {
        let mut run = halted(Site::new(), shell, number);
        run.signal(signal);
        let output = run.wait();
        assert_eq!(output.status.signal(), Some(signal.as_raw()));
        let said = output.said();
        let names = DATABASES[..number].join(", ");
        let last = format!(
            "cback-postgresql: not backed up: {names}\n\
             cback-postgresql: stopped by SIG{name}\n"
        );
        // A stage of several may have a word to say on its way out.
        assert!(said.contains(&last), "{said}");
        assert!(number > 1 || said.ends_with(&last), "{said}");
        assert!(!said.contains("getcwd"), "{said}");
        assert_left(&run.site, number, true);
    }
}

fn the_next_run_removes_what_a_killed_one_left(shell: Shell) {
    // A SIGTERM that is ignored would not take the stages along.
    let ignoring = ["sh", "-c", "trap '' TERM; exec \"$@\"", "sh"];
    for number in NUMBERS {
        let tmpdir = tempfile::tempdir().unwrap();
        let variable = format!("TMPDIR={}", tmpdir.path().display());
        let shell = &[&["env", &variable, "SHELLOPTS=noglob"], shell].concat();
        // Killed in the moment that it has been made in.
        let pipes = tmpdir.path().join(".cback-postgresql.0123456789");
        fs::create_dir(&pipes).unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(120);
        File::open(pipes).unwrap().set_modified(long_ago).unwrap();
        let site = Site::new();
        site.replace("rm", "echo >>\"${0%/*}/../calls\"; exec /bin/rm \"$@\"");
        let mut run = halted(site, &[&ignoring[..], shell].concat(), number);
        run.signal(Signal::KILL);
        run.wait();
        assert_left(&run.site, number, true);
        // A kill leaves nothing in collect_dir; in other moments, or by an older version, it may.
        let left = |name: &str| run.site.collect_dir().join(name);
        for number in 0..100 {
            fs::write(left(&format!(".cback-compress.{number}")), "a whole dump").unwrap();
        }
        fs::create_dir(left(".cback-postgresql")).unwrap();
        fs::write(left(".cback-postgresql/1"), "half a dump").unwrap();
        run.open_gate();
        run.site.run(server(), shell).succeeds();
        // Whoever may write there may have left a million: they have no process each.
        let calls = fs::read_to_string(run.site.path("calls")).unwrap();
        assert!(calls.lines().count() < 10, "{calls:?}");
        assert_eq!(fs::read_dir(tmpdir.path()).unwrap().count(), 0);
        assert_left(&run.site, number, false);
    }
}

/// It reports nothing, and the others go on; whether its backup has got its name nobody knows.
fn a_compressor_that_is_killed_holds_nothing_up(shell: Shell) {
    let mut run = halted(Site::new(), shell, 4);
    let alive = run.site.alive();
    let compressors = alive.iter().filter(|it| it.name == "cback-compress");
    let killed = compressors.take(2).map(|it| it.send(Signal::KILL)).count();
    let said = run.go_on().fails(1);
    let outcome = ": not backed up for certain: cback-compress was killed\n";
    assert_eq!((killed, said.matches(outcome).count()), (2, 2), "{said}");
    let last = "cback-postgresql: not backed up: ";
    let (_, names) = said.trim_end().rsplit_once(last).expect(&said);
    for database in DATABASES {
        let is_yesterdays = run.site.backup(&file(database)) == YESTERDAY;
        let is_named = names.split(", ").any(|name| name == database);
        assert_eq!(is_yesterdays, is_named, "{database}: {said}");
    }
    assert_eq!(run.site.listing(), DATABASES.map(file));
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

fn a_second_run_fails_at_once(shell: Shell) {
    for number in NUMBERS {
        let mut first = halted(Site::new(), shell, number);
        let site = &first.site;
        let directory = site.collect_dir().display().to_string();
        let expected =
            format!("cback-postgresql: collect_dir {directory} is in use by another run\n");
        // One that were let in would halt as well.
        let second = [&["timeout", "300"], shell].concat();
        assert_eq!(site.run(server(), &second).fails(1), expected);
        // And it has not disturbed the first.
        first.go_on().succeeds();
        assert_left(&first.site, number, false);
    }
}
