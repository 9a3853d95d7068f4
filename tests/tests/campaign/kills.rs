//! Kills at random moments of a run: a backup is yesterday's or today's, never half of one.
//!
//!     CBACK_CAMPAIGN_ROUNDS=1000 cargo test -p cback-tests --test campaign kills
//!
//! A failure names its round's seed; that round alone is repeated with it in
//! `CBACK_CAMPAIGN_SEED`, and `CBACK_CAMPAIGN_ROUNDS=1`. Only the moment is the machine's.

use cback_tests::{
    Finished, Job, Kill, Outcome, Server, Site, WholeDump, create_bulk, in_background, seeds,
};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const DATABASE: &str = "shop";

fn stages(job: &Job) -> Vec<&'static str> {
    let dump = job.database.map_or("pg_dumpall", |_| "pg_dump");
    vec!["cback-pgdump", dump, "pg_dump", "cback-compress"]
}

/// How long an undisturbed run takes.
fn duration(server: &Server, job: &Job) -> Duration {
    let site = Site::new();
    let start = Instant::now();
    job.command(&site, server).output().unwrap().succeeds();
    start.elapsed()
}

#[test]
fn kills_at_any_moment() {
    // One of its own: other tests' databases would change the dump of all.
    let server = Server::start();
    create_bulk(&server, DATABASE, 1500);
    let [one, all] = [Some(DATABASE), None].map(|it| WholeDump::of(&server, it));
    let mut durations = HashMap::new();
    for seed in seeds(30) {
        let kill = Kill::new(seed, DATABASE, stages);
        let job = kill.job;
        let duration = *durations
            .entry((job.mode, job.database))
            .or_insert_with(|| duration(&server, &job));
        let (site, whole) = (Site::new(), job.database.map_or(&all, |_| &one));
        let mut command = job.command(&site, &server);
        job.put_yesterdays(&site);
        let mut child = in_background(&mut command);
        kill.send(&site, &mut child, duration);
        let done = format!("CBACK_CAMPAIGN_SEED={seed}: {kill:?}");
        Outcome::of(&site, whole, &job.file(&site), &mut child).assert_safe(&done);
        let mut child = in_background(&mut command);
        let next = Outcome::of(&site, whole, &job.file(&site), &mut child);
        next.assert_succeeded(&format!("the run after {done}"));
        assert_eq!(site.listing(), [job.file_name()], "{done}");
    }
}
