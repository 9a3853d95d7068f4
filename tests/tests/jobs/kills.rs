//! Kills at random moments of a run of several: each backup is yesterday's or today's, and what is not
//! today's is named.
//!
//!     CBACK_CAMPAIGN_ROUNDS=1000 cargo test -p cback-tests --test jobs kills

use crate::command;
use cback_tests::{
    Finished, Published, Random, SHELLS, Server, Site, WholeDump, YESTERDAY, create_bulk,
    in_background, seeds, wait_for,
};
use rustix::process::Signal;
use std::fs;
use std::time::{Duration, Instant};

const DATABASES: [&str; 5] = ["one", "two", "three", "four", "five"];
const LIMIT: Duration = Duration::from_secs(60);
const VICTIMS: [&str; 6] = [
    "script",
    "everything",
    "cback-pgdump",
    "pg_dump",
    "cback-compress",
    "mv",
];

#[test]
fn kills_at_any_moment() {
    let server = Server::start();
    for (database, kilobytes) in DATABASES.into_iter().zip([1500, 10, 10, 300, 10]) {
        create_bulk(&server, database, kilobytes);
    }
    let whole = DATABASES.map(|name| WholeDump::of(&server, Some(name)));
    for seed in seeds(7) {
        let mut random = Random::new(seed);
        let (shell, jobs) = (random.choose(&SHELLS), random.choose(&[1_usize, 2, 4]));
        let (mode, suffix) = random.choose(&[("none", ""), ("gzip", ".gz"), ("bzip2", ".bz2")]);
        let (victim, signal) = (
            random.choose(&VICTIMS),
            random.choose(&[Signal::KILL, Signal::TERM]),
        );
        let moment = Duration::from_millis(random.below(1500));
        let told = format!(
            "CBACK_CAMPAIGN_SEED={seed}: {shell:?} --jobs {jobs}, {mode}: {signal:?} to {victim} after {moment:?}"
        );
        let site = Site::with(mode, &DATABASES);
        let files = DATABASES.map(|name| {
            site.collect_dir()
                .join(format!("postgresqldump-{name}.txt{suffix}"))
        });
        for file in &files {
            fs::write(file, YESTERDAY).unwrap();
        }
        let mut run = site.command(&server, shell);
        run.arg("--jobs").arg(jobs.to_string());
        let mut child = in_background(&mut run);
        strike(&site, &mut child, victim, signal, moment);
        wait_for(&told, LIMIT, || child.try_wait().unwrap().is_some());
        wait_for(&told, LIMIT, || site.processes().is_empty());
        let published = || -> Vec<_> {
            whole
                .iter()
                .zip(&files)
                .map(|(it, file)| it.compare(file))
                .collect()
        };
        let struck = published();
        let is_safe = |it: &Published| matches!(it, Published::Old | Published::New);
        assert!(struck.iter().all(is_safe), "{told}: {struck:?}");
        let status = child.wait().unwrap();
        assert!(
            !status.success() || !struck.contains(&Published::Old),
            "{told}: {struck:?}"
        );
        run.output().unwrap().succeeds();
        assert!(published().iter().all(|it| *it == Published::New), "{told}");
        assert_eq!(site.listing().len(), DATABASES.len(), "{told}");
    }
}

/// One that is not there yet is waited for, as long as the run lasts.
fn strike(
    site: &Site,
    child: &mut std::process::Child,
    victim: &str,
    signal: Signal,
    moment: Duration,
) {
    let start = Instant::now();
    let script = rustix::process::Pid::from_child(child);
    let mut runs = || child.try_wait().unwrap().is_none();
    while start.elapsed() < moment && runs() {
        std::thread::sleep(Duration::from_millis(1));
    }
    while runs() {
        let alive = site.alive();
        let is_victim = |it: &&cback_tests::Process| match victim {
            "script" => it.pid == script,
            "everything" => true,
            name => it.name == name,
        };
        let mut victims = alive.iter().filter(is_victim).peekable();
        if victims.peek().is_some() {
            let most = if victim == "everything" {
                alive.len()
            } else {
                1
            };
            return victims.take(most).for_each(|it| it.send(signal));
        }
    }
}

#[test]
fn a_victim_is_really_struck() {
    let mut site = Site::new();
    site.halt_dumps();
    site.configure("none", &["postgres"]);
    let mut child = in_background(&mut command(&site, SHELLS[0], 1));
    strike(
        &site,
        &mut child,
        "cback-compress",
        Signal::KILL,
        Duration::ZERO,
    );
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
