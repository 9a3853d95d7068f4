//! Moments that are too short to be hit by chance, made long by strace.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::trace::traced;
use cback_tests::verdict::start;
use cback_tests::{Contender, Job, Process, SHELLS, Server, Site, wait_for};
use rustix::process::Signal;
use std::process::Child;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// A run with `fault` in its system calls, and the script killed once a process is called `name`.
fn killed_while(
    server: &Server,
    shell: &'static [&'static str],
    name: &str,
    fault: &str,
) -> (Site, Child) {
    let mut site = Site::new();
    let job = Job {
        shell,
        ..Job::new("gzip", Some("postgres"))
    };
    let command = Contender::Ours.command(&mut site, server, &job);
    let log = site.path("calls");
    let strace = start(&mut traced(&command, &log, &["-e", fault]));
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

/// A stage that is only being born when the script dies hears nothing of its death.
#[test]
fn a_stage_that_is_born_after_the_scripts_death_ends_at_once() {
    let server = Server::start();
    for shell in SHELLS {
        let fault = "inject=prctl:delay_enter=500000";
        let (site, mut strace) = killed_while(&server, shell, "setpriv", fault);
        let mut seen = vec![];
        wait_for(&format!("the stages of {shell:?} end"), LIMIT, || {
            seen.extend(site.alive().into_iter().map(|it| it.name));
            site.alive().is_empty()
        });
        strace.wait().unwrap();
        let began = seen.iter().any(|name| name.starts_with("cback-"));
        assert!(!began, "{shell:?}: {seen:?}");
    }
}

/// Else it would rename what the next run has begun to write.
#[test]
fn a_rename_that_outlives_the_script_keeps_the_next_run_out() {
    let server = Server::start();
    // One that leaves its own descriptors to its children, and one that does not.
    for shell in [SHELLS[0], SHELLS[4]] {
        let fault = "inject=rename,renameat,renameat2:delay_enter=2000000";
        let (site, mut strace) = killed_while(&server, shell, "mv", fault);
        let output = site.run(&server, shell);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("is in use by process"), "{shell:?}: {said}");
        strace.wait().unwrap();
        assert!(site.run(&server, shell).status.success(), "{shell:?}");
    }
}
