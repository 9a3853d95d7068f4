//! Moments that are too short to be hit by chance, made long by strace.

use cback_tests::trace::traced;
use cback_tests::{
    Finished, Job, Process, SHELLS, Shell, Site, end_of, in_background, in_each_shell, server,
    wait_for,
};
use rustix::process::Signal;
use std::process::Child;
use std::time::Duration;

in_each_shell!(a_stage_that_is_born_after_the_scripts_death_ends_at_once);

const LIMIT: Duration = Duration::from_secs(60);

/// A run with `fault` in its system calls, and the script killed once a process is called `name`.
fn killed_while(shell: Shell, name: &str, fault: &str) -> (Site, Child) {
    let site = Site::new();
    let job = Job::new("gzip", Some("postgres")).in_shell(shell);
    let command = job.command(&site, server());
    let log = site.path("calls");
    let strace = in_background(&mut traced(&command, &log, &["-e", fault]));
    wait_for(name, LIMIT, || has(&site, |it| it.name == name));
    let is_script = |it: &Process| it.name != "strace" && it.line.contains("cback-postgresql\0");
    let alive = site.alive();
    let script = alive.iter().find(|it| is_script(it)).unwrap();
    script.send(Signal::KILL);
    wait_for("the script is dead", LIMIT, || {
        !has(&site, |it| it.pid == script.pid)
    });
    assert!(has(&site, |it| it.name == name), "{name} was too fast");
    (site, strace)
}

fn has(site: &Site, is_it: impl Fn(&Process) -> bool) -> bool {
    site.alive().iter().any(is_it)
}

/// The kernel does not tell a stage of a death that came before the stage asked to be told.
fn a_stage_that_is_born_after_the_scripts_death_ends_at_once(shell: Shell) {
    let fault = "inject=prctl:delay_enter=1000000";
    let (site, mut strace) = killed_while(shell, "cback-pgdump", fault);
    let mut seen = vec![];
    wait_for("the stages end", LIMIT, || {
        seen.extend(site.alive().into_iter().map(|it| it.name));
        site.alive().is_empty()
    });
    end_of(&mut strace);
    assert!(!seen.iter().any(|name| name == "pg_dump"), "{seen:?}");
}

/// Else it would rename what the next run has begun to write.
#[test]
fn a_rename_that_outlives_the_script_keeps_the_next_run_out() {
    let fault = "inject=rename,renameat,renameat2:delay_enter=2000000";
    let (site, mut strace) = killed_while(SHELLS[0], "cback-compress", fault);
    let said = site.run(server(), SHELLS[0]).fails(1);
    assert!(said.contains("is in use by process"), "{said}");
    end_of(&mut strace);
    site.run(server(), SHELLS[0]).succeeds();
}
