//! The same faults on us, on Cedar's own extension, on a plain pipe and on `pg_back`, if it is on PATH:
//! prints the tables of `docs/faults.md`. It takes long, and judges nothing.
//!
//!     CBACK_CAMPAIGN_ROUNDS=200 cargo run -p cback-tests --example faults [FAULT [CONTENDER]]
//!
//! FAULT and CONTENDER are parts of the titles: `sync`, `Cedar`.
#![allow(clippy::unwrap_used)] // it ends by panicking

mod contender;
mod table;

use cback_tests::{
    Finished, Job, Kill, Outcome, Random, Run, Server, Site, SmallDisk, WholeDump, YESTERDAY,
    create_bulk, in_background, seeds,
};
use contender::Contender;
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

const DATABASE: &str = "shop";
const MODES: [&str; 3] = ["none", "gzip", "bzip2"];

/// An undisturbed run takes a second or two.
const PATIENCE: Duration = Duration::from_secs(15);

/// A contender, and what it backs up.
struct Trial<'a> {
    contender: Contender,
    server: &'a Server,
    one: &'a WholeDump,
    all: &'a WholeDump,
    /// How long an undisturbed run takes.
    durations: HashMap<(&'static str, Option<&'static str>), Duration>,
}

impl Trial<'_> {
    fn duration(&mut self, job: &Job) -> Duration {
        let measure = || {
            let mut site = Site::new();
            let mut command = self.contender.command(&mut site, self.server, job);
            let start = Instant::now();
            command.run().succeeds();
            start.elapsed()
        };
        let key = (job.mode, job.database);
        *self.durations.entry(key).or_insert_with(measure)
    }

    /// A run to which `fault` happens, at a site with yesterday's backup.
    fn run(&self, job: &Job, fault: impl FnOnce(&Site, &mut Child)) -> Outcome {
        let mut site = Site::new();
        let mut command = self.contender.command(&mut site, self.server, job);
        let file = self.contender.yesterdays(&site, job);
        fs::write(&file, YESTERDAY).unwrap();
        let mut child = in_background(&mut command);
        fault(&site, &mut child);
        let whole = job.database.map_or(self.all, |_| self.one);
        let mut outcome = Outcome::within(PATIENCE, &site, whole, &file, &mut child);
        outcome.published = self.contender.published(&file, whole, &site);
        outcome
    }

    fn kills(&mut self) -> Vec<Outcome> {
        let one = |seed| {
            let mut kill = Kill::new(seed, DATABASE, |job| self.contender.stages(job));
            kill.job = self.contender.adapt(kill.job);
            let duration = self.duration(&kill.job);
            self.run(&kill.job, |site, child| kill.send(site, child, duration))
        };
        seeds(100).map(one).collect()
    }

    /// One disk of each of these `kilobytes` in each mode. What is read from the disk counts, not
    /// what is still in memory.
    fn disks(&self, mount: fn(&Path, u32) -> SmallDisk, kilobytes: [u32; 10]) -> Vec<Outcome> {
        let jobs = MODES.map(|mode| Job::new(mode, Some(DATABASE)));
        let all = jobs
            .iter()
            .flat_map(|job| kilobytes.map(|room| (job, room)));
        let one = |(job, room): (&Job, u32)| {
            let mut site = Site::new();
            let disk = mount(&site.collect_dir(), room);
            let file = disk.path(&self.contender.yesterdays(&site, job));
            fs::write(&file, YESTERDAY).unwrap();
            disk.forget(&file);
            let command = self.contender.command(&mut site, self.server, job);
            let mut child = in_background(&mut disk.command(&command));
            let mut outcome = Outcome::within(PATIENCE, &site, self.one, &file, &mut child);
            for entry in fs::read_dir(file.parent().unwrap()).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    disk.forget(&path);
                }
            }
            outcome.published = self.contender.published(&file, self.one, &site);
            outcome
        };
        all.map(one).collect()
    }

    fn full_disks(&mut self) -> Vec<Outcome> {
        let mount = |place: &Path, room| SmallDisk::mount(place, &format!("size={room}k"));
        self.disks(mount, [8, 16, 64, 200, 400, 600, 800, 1000, 1400, 4000])
    }

    fn forgetful_disks(&mut self) -> Vec<Outcome> {
        let rooms = [50, 100, 150, 200, 300, 400, 600, 800, 1200, 4000];
        self.disks(SmallDisk::mount_thin, rooms)
    }

    /// `pg_terminate_backend`, at random moments.
    fn cut_connections(&mut self) -> Vec<Outcome> {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE application_name IN ('pg_dump', 'pg_back')";
        let one = |seed| {
            let mut random = Random::new(seed);
            let job = Job::new(random.choose(&MODES), Some(DATABASE));
            let percent = u32::try_from(random.below(100)).unwrap();
            let moment = self.duration(&job) * percent / 100;
            self.run(&job, |_, child| {
                std::thread::sleep(moment);
                let has_cut = || !self.server.sql("postgres", cut).is_empty();
                while child.try_wait().unwrap().is_none() && !has_cut() {}
            })
        };
        seeds(60).map(one).collect()
    }
}

type Fault = fn(&mut Trial<'_>) -> Vec<Outcome>;

fn main() {
    let server = Server::start();
    create_bulk(&server, DATABASE, 1500);
    let [one, all] = [Some(DATABASE), None].map(|it| WholeDump::of(&server, it));
    let faults: [(&str, Fault); 4] = [
        ("Kills at random moments", |trial| trial.kills()),
        ("Disks that fill up", |trial| trial.full_disks()),
        ("Disks that fail at the sync", |trial| {
            trial.forgetful_disks()
        }),
        ("Connections cut by the server", |trial| {
            trial.cut_connections()
        }),
    ];
    let mut arguments = std::env::args().skip(1);
    let [wanted_fault, wanted] = [(); 2].map(|()| arguments.next().unwrap_or_default());
    let contenders = Contender::ALL.into_iter().filter(|it| {
        it.title().contains(&wanted) && (*it != Contender::PgBack || is_on_path("pg_back"))
    });
    let contenders: Vec<_> = contenders.collect();
    for (title, fault) in faults.into_iter().filter(|it| it.0.contains(&wanted_fault)) {
        let run = |contender| {
            let mut trial = Trial {
                contender,
                server: &server,
                one: &one,
                all: &all,
                durations: HashMap::new(),
            };
            (contender, fault(&mut trial))
        };
        let columns: Vec<_> = contenders.iter().copied().map(run).collect();
        let text = format!("### {title}\n\n{}\n", table::table(&columns));
        std::io::stdout().write_all(text.as_bytes()).unwrap();
    }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}
