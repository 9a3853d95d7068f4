//! Moments that are too short to be hit by chance, made long by strace.

use cback_tests::trace::traced;
use cback_tests::{
    Finished, Job, Process, SHELLS, Shell, Site, end_of, in_background, in_each_shell, server,
    wait_for,
};
use rustix::process::Signal;
use std::time::Duration;

in_each_shell!(a_stage_that_is_born_after_the_scripts_death_ends_at_once);

const LIMIT: Duration = Duration::from_secs(300);

/// A run with `fault` in its system calls, whose script is killed at the first sight of a process for
/// which `now` holds; and the names of the processes that were there after it.
fn killed(shell: Shell, fault: &str, now: impl Fn(&Process) -> bool) -> (Site, Vec<String>) {
    let site = Site::new();
    let job = Job::new("gzip", Some("postgres")).in_shell(shell);
    let command = job.command(&site, server());
    let log = site.path("calls");
    let mut strace = in_background(&mut traced(&command, &log, &["-e", fault]));
    let mut alive = vec![];
    wait_for("the moment", LIMIT, || {
        alive = site.alive();
        alive.iter().any(&now)
    });
    let is_script = |it: &&Process| it.name != "strace" && it.line.contains("cback-postgresql\0");
    let script = alive.iter().find(is_script).unwrap();
    script.send(Signal::KILL);
    wait_for("the script is dead", LIMIT, || {
        !site.alive().iter().any(|it| it.pid == script.pid)
    });
    let mut seen = vec![];
    wait_for("the stages end", LIMIT, || {
        let alive = site.alive();
        seen.extend(alive.iter().map(|it| it.name.clone()));
        alive.is_empty()
    });
    end_of(&mut strace);
    (site, seen)
}

/// "Takes the pipeline along". The kernel does not tell a stage of a death that came before the stage asked to
/// be told.
fn a_stage_that_is_born_after_the_scripts_death_ends_at_once(shell: Shell) {
    let is_born = |it: &Process| it.name == "cback-pgdump";
    let (_, seen) = killed(shell, "inject=prctl:delay_enter=6000000", is_born);
    let has_seen = |name: &str| seen.iter().any(|it| it == name);
    assert!(has_seen("cback-pgdump"), "it was too fast: {seen:?}");
    assert!(!has_seen("pg_dump"), "{seen:?}");
}

/// Else it could put yesterday's backup in the place of what the next run has published. So little is
/// written in the end, when all of it is known.
#[test]
fn a_backup_whose_script_is_dead_gets_no_name() {
    let has_written = |it: &Process| {
        let mut files = it.unnamed_files().into_iter();
        it.name == "cback-compress" && files.any(|file| file.len() > 0)
    };
    let (site, _) = killed(SHELLS[0], "inject=linkat:delay_enter=10000000", has_written);
    assert_eq!(site.listing(), [""; 0]);
    site.run(server(), SHELLS[0]).succeeds();
}
