//! Kills at random moments of a run: each backup is yesterday's or today's, never half of one.
//!
//!     CBACK_CAMPAIGN_ROUNDS=1000 cargo test -p cback-tests --test campaign kills
//!
//! A failure names its round's seed; that round alone is repeated with it in
//! `CBACK_CAMPAIGN_SEED`, and `CBACK_CAMPAIGN_ROUNDS=1`. Only the moment is the machine's.

use cback_tests::{
    Finished, Job, Kill, Outcome, Published, Random, Run, Server, Site, WholeDump, create_bulk,
    in_background, seeds,
};
use std::collections::HashMap;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const SHOP: &str = "shop";
const SEVERAL: [&str; 5] = [SHOP, "two", "three", "four", "five"];

/// One database or all, or several of which so many at a time.
struct Round {
    kill: Kill,
    at_a_time: usize,
}

impl Round {
    fn new(seed: u64) -> Self {
        let kill = Kill::new(seed, SHOP, stages);
        let at_a_time = Random::new(!seed).choose(&[0, 0, 1, 2, 4]);
        Self { kill, at_a_time }
    }

    fn jobs(&self) -> Vec<Job> {
        let job = self.kill.job;
        let several = SEVERAL.map(Some).map(|database| Job { database, ..job });
        match self.at_a_time {
            0 => vec![job],
            _ => several.into(),
        }
    }

    fn command(&self, site: &Site, server: &Server) -> Command {
        let mut command = self.kill.job.command(site, server);
        if self.at_a_time > 0 {
            site.configure(self.kill.job.mode, &SEVERAL);
            command.arg("--jobs").arg(self.at_a_time.to_string());
        }
        command
    }

    /// How long an undisturbed run takes.
    fn duration(&self, server: &Server) -> Duration {
        let site = Site::new();
        let start = Instant::now();
        self.command(&site, server).run().succeeds();
        start.elapsed()
    }

    /// The outcome for each backup.
    fn outcomes(&self, site: &Site, wholes: &Wholes, child: &mut Child) -> Vec<Outcome> {
        let outcome = |job: &Job| Outcome::of(site, &wholes[&job.database], &job.file(site), child);
        self.jobs().iter().map(outcome).collect()
    }
}

/// Dumps of each database, and of all together.
type Wholes = HashMap<Option<&'static str>, WholeDump>;

fn stages(job: &Job) -> Vec<&'static str> {
    let dump = job.database.map_or("pg_dumpall", |_| "pg_dump");
    vec!["cback-pgdump", dump, "pg_dump", "cback-compress"]
}

/// "Nothing is ever half published"; the status of the last stage is that of the whole pipeline, "in every shell,
/// through SIGKILL of any stage". "What a single run promises it promises with any N."
#[test]
fn kills_at_any_moment() {
    // One of its own: other tests' databases would change the dump of all.
    let server = Server::start();
    for (database, kilobytes) in SEVERAL.into_iter().zip([1500, 10, 10, 300, 10]) {
        create_bulk(&server, database, kilobytes);
    }
    let databases = SEVERAL.map(Some).into_iter().chain([None]);
    let wholes = databases.map(|it| (it, WholeDump::of(&server, it)));
    let wholes = wholes.collect();
    let mut durations = HashMap::new();
    let (mut disturbed, mut rounds) = (0, 0);
    for seed in seeds(37) {
        let round = Round::new(seed);
        let (job, at_a_time) = (round.kill.job, round.at_a_time);
        let duration = *durations
            .entry((job.mode, job.database, at_a_time))
            .or_insert_with(|| round.duration(&server));
        let site = Site::new();
        let mut command = round.command(&site, &server);
        let jobs = round.jobs();
        for it in &jobs {
            it.put_yesterdays(&site);
        }
        let mut child = in_background(&mut command);
        round.kill.send(&site, &mut child, duration);
        let kill = &round.kill;
        let done = format!("CBACK_CAMPAIGN_SEED={seed}: {kill:?}, {at_a_time} at a time");
        let outcomes = round.outcomes(&site, &wholes, &mut child);
        for outcome in &outcomes {
            outcome.assert_safe(&done);
        }
        disturbed += usize::from(outcomes[0].code() != Some(0));
        rounds += 1;
        let mut child = in_background(&mut command);
        for next in round.outcomes(&site, &wholes, &mut child) {
            next.assert_ended(0, Published::New, &format!("the run after {done}"));
        }
        assert_eq!(site.listing().len(), jobs.len(), "{done}");
    }
    assert!(disturbed > 0 || rounds < 10, "no kill has met a run");
}
