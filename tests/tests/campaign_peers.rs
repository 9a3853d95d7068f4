//! The same faults on us, on Cedar's own extension and on a plain pipe: the tables of
//! `docs/faults.md`.
//!
//!     CBACK_CAMPAIGN_ROUNDS=200 cargo test -p cback-tests --test campaign_peers -- --ignored --nocapture
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::verdict::{YESTERDAY, Yardstick, judge_within, put_yesterdays, start};
use cback_tests::{
    Contender, Dice, Job, Kill, Server, Site, SmallDisk, Tally, create_bulk, seeds, table,
};
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const DATABASE: &str = "shop";

/// An undisturbed run takes a second or two.
const PATIENCE: Duration = Duration::from_secs(15);

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

    fn yardstick(&self, job: &Job) -> &Yardstick {
        job.database.map_or(&self.all, |_| &self.one)
    }

    /// How long an undisturbed run takes.
    fn duration(&self, contender: Contender, job: &Job) -> Duration {
        let mut site = Site::new();
        let mut command = contender.command(&mut site, &self.server, job);
        let begin = Instant::now();
        let output = command.output().unwrap();
        assert!(output.status.success(), "{contender:?}: {output:?}");
        begin.elapsed()
    }

    fn kills(&self, contender: Contender) -> Tally {
        let (mut tally, mut durations) = (Tally::default(), HashMap::new());
        for seed in seeds(100) {
            let kill = Kill::new(seed, contender, DATABASE);
            let whole = *durations
                .entry((kill.job.mode, kill.job.database))
                .or_insert_with(|| self.duration(contender, &kill.job));
            let mut site = Site::new();
            let mut command = contender.command(&mut site, &self.server, &kill.job);
            put_yesterdays(&site, &kill.job);
            let mut child = start(&mut command);
            kill.strike(&site, &mut child, whole);
            let (yardstick, file) = (self.yardstick(&kill.job), kill.job.file(&site));
            tally.add(&judge_within(PATIENCE, &site, yardstick, &file, &mut child));
        }
        tally
    }

    /// One of each of these `kilobytes` in each mode. What is read from the disk counts, not what
    /// is still in memory.
    fn disks(
        &self,
        contender: Contender,
        mount: impl Fn(&Path, u32) -> SmallDisk,
        kilobytes: [u32; 10],
    ) -> Tally {
        let mut tally = Tally::default();
        for mode in ["none", "gzip", "bzip2"] {
            let job = Job::new(mode, Some(DATABASE));
            for room in kilobytes {
                let mut site = Site::new();
                let disk = mount(&site.collect_dir(), room);
                let file = disk.path(&job.file(&site));
                fs::write(&file, YESTERDAY).unwrap();
                disk.forget(&file);
                let command = contender.command(&mut site, &self.server, &job);
                let mut child = start(&mut disk.command(&command));
                let mut verdict = judge_within(PATIENCE, &site, &self.one, &file, &mut child);
                disk.forget(&file);
                verdict.published = self.one.measure(&file);
                tally.add(&verdict);
            }
        }
        tally
    }

    fn full_disks(&self, contender: Contender) -> Tally {
        let mount = |place: &Path, room| SmallDisk::mount(place, &format!("size={room}k"));
        let rooms = [8, 16, 64, 200, 400, 600, 800, 1000, 1400, 4000];
        self.disks(contender, mount, rooms)
    }

    fn forgetful_disks(&self, contender: Contender) -> Tally {
        let rooms = [50, 100, 150, 200, 300, 400, 600, 800, 1200, 4000];
        self.disks(contender, SmallDisk::mount_thin, rooms)
    }

    /// `pg_terminate_backend`, at random moments.
    fn cut_connections(&self, contender: Contender) -> Tally {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE application_name = 'pg_dump'";
        let (mut tally, mut durations) = (Tally::default(), HashMap::new());
        for seed in seeds(60) {
            let mut dice = Dice::new(seed);
            let job = Job::new(dice.one_of(&["none", "gzip", "bzip2"]), Some(DATABASE));
            let whole = durations
                .entry(job.mode)
                .or_insert_with(|| self.duration(contender, &job));
            let mut site = Site::new();
            put_yesterdays(&site, &job);
            let mut child = start(&mut contender.command(&mut site, &self.server, &job));
            std::thread::sleep(*whole * u32::try_from(dice.below(100)).unwrap() / 100);
            while child.try_wait().unwrap().is_none() && self.server.sql("postgres", cut).is_empty()
            {
            }
            let file = job.file(&site);
            tally.add(&judge_within(PATIENCE, &site, &self.one, &file, &mut child));
        }
        tally
    }
}

fn compare(title: &str, fault: impl Fn(&Ground, Contender) -> Tally) {
    let ground = Ground::new();
    let columns = Contender::ALL.map(|contender| (contender, fault(&ground, contender)));
    let mut stdout = std::io::stdout();
    writeln!(stdout, "\n### {title}\n\n{}", table(&columns)).unwrap();
}

#[test]
#[ignore = "takes long, and prints a table for people"]
fn kills() {
    compare("Kills at random moments", Ground::kills);
}

#[test]
#[ignore = "takes long, and prints a table for people"]
fn full_disks() {
    compare("Disks that fill up", Ground::full_disks);
}

#[test]
#[ignore = "takes long, and prints a table for people"]
fn forgetful_disks() {
    compare("Disks that fail at the sync", Ground::forgetful_disks);
}

#[test]
#[ignore = "takes long, and prints a table for people"]
fn cut_connections() {
    compare("Connections cut by the server", Ground::cut_connections);
}
