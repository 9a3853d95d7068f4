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
    /// The several are those that the server has, and not named.
    is_separate: bool,
}

impl Round {
    fn new(seed: u64) -> Self {
        let kill = Kill::new(seed, SHOP, |job| {
            let dump = job.database.map_or("pg_dumpall", |_| "pg_dump");
            vec!["cback-pgdump", dump, "pg_dump", "cback-compress"]
        });
        let mut random = Random::new(!seed);
        let at_a_time = random.choose(&[0, 0, 1, 2, 4]);
        let is_separate = at_a_time > 0 && random.below(2) == 0;
        Self {
            kill,
            at_a_time,
            is_separate,
        }
    }

    fn jobs(&self) -> Vec<Job> {
        let job = self.kill.job;
        let several = SEVERAL.map(|database| Job {
            database: Some(database),
            ..job
        });
        if self.at_a_time == 0 {
            vec![job]
        } else {
            several.into()
        }
    }

    fn command(&self, site: &Site, server: &Server) -> Command {
        let mut command = self.kill.job.command(site, server);
        if self.at_a_time > 0 {
            site.configure(self.kill.job.mode, &SEVERAL);
            command.arg("--jobs").arg(self.at_a_time.to_string());
        }
        if self.is_separate {
            let mode = format!("<compress_mode>{}</compress_mode>", self.kill.job.mode);
            site.configure_section(&format!("{mode}<all>Y</all><separate>Y</separate>"));
        }
        command
    }

    /// How long an undisturbed run takes; another of its kind takes about as long.
    fn duration(&self, server: &Server) -> Duration {
        let site = Site::new();
        let start = Instant::now();
        self.command(&site, server).run().succeeds();
        start.elapsed()
    }
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
    let wholes: HashMap<_, _> = wholes.collect();
    let mut durations = HashMap::new();
    let (mut disturbed, mut rounds) = (0, 0);
    for seed in seeds(24) {
        let round = Round::new(seed);
        let (kill, at_a_time, jobs) = (&round.kill, round.at_a_time, round.jobs());
        let kind = (kill.job.database, at_a_time > 0);
        let duration = durations.entry(kind);
        let duration = *duration.or_insert_with(|| round.duration(&server));
        let site = Site::new();
        let mut command = round.command(&site, &server);
        for job in &jobs {
            job.put_yesterdays(&site);
        }
        let outcomes = |child: &mut Child| {
            let of =
                |job: &Job| Outcome::of(&site, &wholes[&job.database], &job.file(&site), child);
            jobs.iter().map(of).collect::<Vec<_>>()
        };
        let mut child = in_background(&mut command);
        kill.send(&site, &mut child, duration);
        let separate = if round.is_separate { " of all" } else { "" };
        let done = format!("CBACK_CAMPAIGN_SEED={seed}: {kill:?}, {at_a_time} at a time{separate}");
        for outcome in outcomes(&mut child) {
            outcome.assert_safe(&done);
            disturbed += usize::from(outcome.code() != Some(0));
        }
        rounds += 1;
        for next in outcomes(&mut in_background(&mut command)) {
            next.assert_ended(0, Published::New, &format!("the run after {done}"));
        }
        // And postgres, template1 and the globals.
        let number = jobs.len() + 3 * usize::from(round.is_separate);
        assert_eq!(site.listing().len(), number, "{done}");
    }
    assert!(disturbed > 0 || rounds < 10, "no kill has met a run");
}
