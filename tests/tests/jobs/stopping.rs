//! What ends a run of several takes all of them along and leaves the last backups.

use crate::{command, file_name};
use cback_tests::{
    Finished, SHELLS, Shell, Site, YESTERDAY, in_each_shell, skipped_without_root, wait_for,
    wrapped,
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::Duration;

in_each_shell!(
    a_signal_ends_all_and_names_what_is_not_done,
    a_killed_script_takes_all_along_and_the_next_run_cleans_up,
    what_a_service_manager_sends_to_all_leaves_nothing,
    a_relay_that_is_killed_holds_nothing_up,
    a_second_run_is_kept_out_while_any_stage_lives,
);

const LIMIT: Duration = Duration::from_secs(60);
const DATABASES: [&str; 4] = ["postgres", "template1", "one more", "template 2"];

/// A run whose dumps have all stopped half way, where yesterday's backups lie.
struct Halted {
    site: Site,
    child: Child,
}

impl Halted {
    fn start(shell: &[&str]) -> Self {
        let mut site = Site::new();
        site.halt_dumps();
        // The shim dumps one database under all these names.
        let shim = fs::read_to_string(site.path("halting-pg_dump")).unwrap();
        // One that writes to a pipe wakes only those who have come to it.
        let wait = "until [ -e \"${0%/*}/open\" ]; do sleep 0.1; done";
        let shim = shim.replace("cat \"${0%/*}/gate\"", wait);
        site.shim("halting-pg_dump", &format!("PGDATABASE=postgres\n{shim}"));
        // In place before the start, since a shell remembers where it has found a program.
        let rm = "[ ! -e \"${0%/*}/../armed\" ] || kill -s TERM $$; exec /bin/rm \"$@\"";
        site.replace("rm", rm);
        site.configure("none", &DATABASES);
        for database in DATABASES {
            fs::write(site.collect_dir().join(file_name(database)), YESTERDAY).unwrap();
        }
        let said = File::create(site.path("said")).unwrap();
        let child = command(&site, shell, 4).stderr(said).spawn().unwrap();
        let half_made = |number: usize| {
            let file = format!(".cback-postgresql/{number}");
            fs::metadata(site.collect_dir().join(file)).is_ok_and(|it| it.len() > 1_000_000)
        };
        wait_for("four are half made", LIMIT, || (1..=4).all(half_made));
        Self { site, child }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn end(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, fs::read_to_string(self.site.path("said")).unwrap())
    }

    fn assert_yesterdays(&self, told: &str) {
        for database in DATABASES {
            assert_eq!(self.site.backup(&file_name(database)), YESTERDAY, "{told}");
        }
        wait_for("all are gone", LIMIT, || self.site.processes().is_empty());
    }

    fn assert_nothing_else(&self, told: &str) {
        assert_eq!(self.site.listing().len(), DATABASES.len(), "{told}");
    }
}

impl Drop for Halted {
    fn drop(&mut self) {
        self.site
            .alive()
            .iter()
            .for_each(|it| it.send(Signal::KILL));
        let _ = self.child.wait();
    }
}

fn a_signal_ends_all_and_names_what_is_not_done(shell: Shell) {
    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::HUP, "HUP"),
    ] {
        let mut run = Halted::start(shell);
        kill_process(run.pid(), signal).unwrap();
        let (status, said) = run.end();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{said}");
        let names = DATABASES.join(", ");
        let ours = format!(
            "cback-postgresql: not backed up: {names}\ncback-postgresql: stopped by SIG{name}\n"
        );
        assert!(said.contains(&ours), "{said}");
        run.assert_yesterdays(&said);
        run.assert_nothing_else(&said);
    }
}

fn a_killed_script_takes_all_along_and_the_next_run_cleans_up(shell: Shell) {
    // A SIGTERM that is ignored does not end cback-pgdump.
    let ignoring = ["sh", "-c", "trap '' TERM; exec \"$@\"", "sh"];
    let mut run = Halted::start(&[&ignoring, shell].concat());
    kill_process(run.pid(), Signal::KILL).unwrap();
    let (_, said) = run.end();
    run.assert_yesterdays(&said);
    run.site
        .shim("halting-pg_dump", "PGDATABASE=postgres exec pg_dump \"$@\"");
    command(&run.site, shell, 4).output().unwrap().succeeds();
    run.assert_nothing_else(&said);
    assert_ne!(run.site.backup(&file_name("one more")), YESTERDAY);
}

/// It signals whatever it finds, and again: rm, too.
fn what_a_service_manager_sends_to_all_leaves_nothing(shell: Shell) {
    let mut run = Halted::start(shell);
    fs::write(run.site.path("armed"), "").unwrap();
    run.site.alive().iter().for_each(|it| it.send(Signal::TERM));
    let (status, said) = run.end();
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()), "{said}");
    run.assert_yesterdays(&said);
    run.assert_nothing_else(&said);
}

/// It is a fork of the script's shell, and its report is what the script waits for.
fn a_relay_that_is_killed_holds_nothing_up(shell: Shell) {
    let mut run = Halted::start(shell);
    let alive = run.site.alive();
    let is_relay =
        |it: &&cback_tests::Process| it.pid != run.pid() && it.line.contains("cback-postgresql\0");
    let relays: Vec<_> = alive.iter().filter(is_relay).collect();
    assert_eq!(relays.len(), 4, "{alive:?}");
    for relay in relays {
        relay.send(Signal::KILL);
    }
    fs::write(run.site.path("open"), "").unwrap();
    let (status, said) = run.end();
    assert!(status.success(), "{said}");
    run.assert_nothing_else(&said);
    for database in DATABASES {
        assert_ne!(run.site.backup(&file_name(database)), YESTERDAY, "{said}");
    }
}

fn a_second_run_is_kept_out_while_any_stage_lives(shell: Shell) {
    let run = Halted::start(shell);
    // One that were let in would halt as well.
    let patient = [&["timeout", "60"], shell].concat();
    let said = command(&run.site, &patient, 4).output().unwrap().fails(1);
    let end = format!("is in use by process {}\n", run.pid());
    assert!(said.ends_with(&end), "{said}");
}

/// A shell that cannot fork may die at any point, with a status that means wrong usage. bash and mksh
/// try again for many seconds each time.
#[test]
fn a_fork_that_fails_is_a_failure_that_names_what_is_not_done() {
    const USER: u32 = 64_124;
    if skipped_without_root("other processes of ours would count") {
        return;
    }
    let (mut failed, mut succeeded) = (0, 0);
    for shell in [SHELLS[0], SHELLS[3]] {
        for most in (1..=16).chain([40]) {
            let site = Site::with("none", &["postgres", "template1"]);
            for path in [site.collect_dir(), site.config()] {
                chown(path, Some(USER), Some(USER)).unwrap();
            }
            let (user, group) = (format!("--reuid={USER}"), format!("--regid={USER}"));
            let limit = format!("--nproc={most}");
            let outer = [
                "setpriv",
                &user,
                &group,
                "--clear-groups",
                "--",
                "prlimit",
                &limit,
                "--",
            ];
            let output = wrapped(&outer, &command(&site, shell, 4)).output().unwrap();
            let told = format!("{shell:?}, {most} processes: {output:?}");
            let said = output.said();
            match output.status.code() {
                Some(0) => succeeded += 1,
                Some(1) => {
                    // Once a dump has begun, what is not done is named.
                    let began = said.contains("bytes, ") || said.contains("pgdump: ");
                    assert!(
                        !began || said.contains("\ncback-postgresql: not backed up: "),
                        "{told}"
                    );
                    failed += 1;
                }
                _ => panic!("{told}"),
            }
            wait_for("all are gone", LIMIT, || site.processes().is_empty());
        }
    }
    assert!(failed >= 6 && succeeded >= 2, "{failed}, {succeeded}");
}
