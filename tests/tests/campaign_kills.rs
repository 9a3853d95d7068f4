//! Kills at random moments of a run: a backup is yesterday's or today's, never half of one.
//!
//!     CBACK_CAMPAIGN_ROUNDS=1000 cargo test -p cback-tests --test campaign_kills
//!
//! A failure names its round's seed; that round alone is played again with it in
//! `CBACK_CAMPAIGN_SEED`, and `CBACK_CAMPAIGN_ROUNDS=1`. Only the moment is the machine's.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::verdict::{Published, Verdict, Yardstick, judge, put_yesterdays, start};
use cback_tests::{Contender, Job, Kill, Server, Site, create_bulk, seeds};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const DATABASE: &str = "shop";

struct Ground {
    server: Server,
    one: Yardstick,
    all: Yardstick,
}

impl Ground {
    fn new() -> Self {
        let server = Server::start();
        create_bulk(&server, DATABASE, 1500);
        Self {
            one: Yardstick::new(&server, Some(DATABASE)),
            all: Yardstick::new(&server, None),
            server,
        }
    }

    /// What the struck run has come to, and the one after it.
    fn play(&self, site: &mut Site, kill: &Kill, whole: Duration) -> [Verdict; 2] {
        let (job, file) = (&kill.job, kill.job.file(site));
        let mut command = Contender::Ours.command(site, &self.server, job);
        put_yesterdays(site, job);
        let mut child = start(&mut command);
        kill.strike(site, &mut child, whole);
        let yardstick = job.database.map_or(&self.all, |_| &self.one);
        let struck = judge(site, yardstick, &file, &mut child);
        let next = judge(site, yardstick, &file, &mut start(&mut command));
        [struck, next]
    }

    /// How long an undisturbed run takes.
    fn duration(&self, job: &Job) -> Duration {
        let mut site = Site::new();
        let mut command = Contender::Ours.command(&mut site, &self.server, job);
        let begin = Instant::now();
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        begin.elapsed()
    }
}

#[test]
fn kills_at_any_moment() {
    let ground = Ground::new();
    let mut durations = HashMap::new();
    for seed in seeds(60) {
        let kill = Kill::new(seed, Contender::Ours, DATABASE);
        let whole = *durations
            .entry((kill.job.mode, kill.job.database))
            .or_insert_with(|| ground.duration(&kill.job));
        let mut site = Site::new();
        let [struck, next] = ground.play(&mut site, &kill, whole);
        let told = format!("CBACK_CAMPAIGN_SEED={seed}: {kill:?}: {struck:?}, then {next:?}");
        assert_eq!(struck.broken_promise(), None, "{told}");
        assert!(next.status.unwrap().success(), "{told}");
        assert_eq!(next.published, Published::New, "{told}");
        assert_eq!(next.left, [""; 0], "{told}");
        assert_eq!(site.listing(), [kill.job.file_name()], "{told}");
    }
}
