//! The same faults on us, on Cedar's own extension, on a plain pipe and on `pg_back`, if it is on PATH:
//! prints the tables of `docs/faults.md`. It takes long, and judges nothing.
//!
//!     CBACK_CAMPAIGN_ROUNDS=200 cargo run -p cback-tests --example faults
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
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const DATABASE: &str = "shop";
const MODES: [&str; 3] = ["none", "gzip", "bzip2"];

/// The image is on a tmpfs that has some room less than the file system in it believes.
const THIN: &str = r#"
PATH=$PATH:/usr/sbin &&
mount -t tmpfs tmpfs "$2" && cd "$2" && truncate -s 16M image &&
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0,nodiscard image &&
used=$(du -k image) && mount -o "remount,size=$((${used%%[!0-9]*} + $1))k" "$2" &&
mount -o loop image "$2" && echo mounted && exec cat
"#;

/// Has all of the file $1 read anew from its disk.
const FORGET: &str = "sync -f \"$1\"; dd if=\"$1\" iflag=nocache count=0 status=none";

/// The contender of the moment, and the server that it backs up.
struct Trial {
    contender: Contender,
    server: Server,
    wholes: HashMap<Option<&'static str>, WholeDump>,
    /// How long an undisturbed run takes.
    durations: HashMap<(Contender, &'static str, Option<&'static str>), Duration>,
}

impl Trial {
    fn duration(&mut self, job: &Job) -> Duration {
        let measure = || {
            let mut site = Site::new();
            let mut command = self.contender.command(&mut site, &self.server, job);
            let start = Instant::now();
            command.run().succeeds();
            start.elapsed()
        };
        let key = (self.contender, job.mode, job.database);
        *self.durations.entry(key).or_insert_with(measure)
    }

    /// A run to which `fault` happens, at a site with yesterday's backup.
    fn run(&self, job: &Job, fault: impl FnOnce(&Site, &mut Child)) -> Outcome {
        self.run_on(|_| None, job, fault)
    }

    /// The same on a disk. Only what is on the disk counts, not what is still in memory.
    fn run_on(
        &self,
        mount: impl FnOnce(&Path) -> Option<SmallDisk>,
        job: &Job,
        fault: impl FnOnce(&Site, &mut Child),
    ) -> Outcome {
        let mut site = Site::new();
        let disk = mount(&site.collect_dir());
        let mut command = self.contender.command(&mut site, &self.server, job);
        let mut file = self.contender.yesterdays(&site, job);
        if let Some(disk) = &disk {
            command = disk.command(&command);
            file = disk.path(&file);
        }
        fs::write(&file, YESTERDAY).unwrap();
        forget_all(disk.as_ref(), &file);
        let mut child = in_background(&mut command);
        fault(&site, &mut child);
        let whole = &self.wholes[&job.database];
        let mut outcome = Outcome::of(&site, whole, &file, &mut child);
        forget_all(disk.as_ref(), &file);
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

    /// One disk of each of these `kilobytes` in each mode.
    fn disks(&self, mount: fn(&Path, u32) -> SmallDisk, kilobytes: [u32; 10]) -> Vec<Outcome> {
        let jobs = MODES.map(|mode| Job::new(mode, Some(DATABASE)));
        let all = jobs.iter().flat_map(|job| kilobytes.map(|it| (job, it)));
        let on = |room| move |place: &Path| Some(mount(place, room));
        all.map(|(job, room)| self.run_on(on(room), job, |_, _| ()))
            .collect()
    }

    fn full_disks(&mut self) -> Vec<Outcome> {
        let mount = |place: &Path, room| SmallDisk::mount(place, &format!("size={room}k"));
        self.disks(mount, [8, 16, 64, 200, 400, 600, 800, 1000, 1400, 4000])
    }

    /// Disks that seem to have room for megabytes and take them, but have it for as many kilobytes: the others are lost when
    /// they are synced.
    fn forgetful_disks(&mut self) -> Vec<Outcome> {
        let rooms = [50, 100, 150, 200, 300, 400, 600, 800, 1200, 4000];
        let mount = |place: &Path, room: u32| SmallDisk::mount_by(THIN, &room.to_string(), place);
        self.disks(mount, rooms)
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

/// Has all that lies beside `file` read anew from its disk.
fn forget_all(disk: Option<&SmallDisk>, file: &Path) {
    for entry in fs::read_dir(file.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if let Some(disk) = disk.filter(|_| path.is_file()) {
            let mut forget = Command::new("sh");
            forget.args(["-c", FORGET, "sh"]).arg(&path);
            disk.command(&forget).run().succeeds();
        }
    }
}

type Fault = (&'static str, fn(&mut Trial) -> Vec<Outcome>);

const FAULTS: [Fault; 4] = [
    ("Kills at random moments", Trial::kills),
    ("Disks that fill up", Trial::full_disks),
    ("Disks that fail at the sync", Trial::forgetful_disks),
    ("Connections cut by the server", Trial::cut_connections),
];

fn main() {
    let server = Server::start();
    create_bulk(&server, DATABASE, 1500);
    let wholes = [Some(DATABASE), None].map(|it| (it, WholeDump::of(&server, it)));
    let mut contenders = Contender::ALL.to_vec();
    let mut which = server.command("which");
    if !which.arg("pg_back").run().status.success() {
        contenders.retain(|it| it.0 != Contender::PgBack);
    }
    let mut trial = Trial {
        contender: Contender::Ours,
        server,
        wholes: wholes.into(),
        durations: HashMap::new(),
    };
    for (heading, fault) in FAULTS {
        let columns = contenders.iter().map(|&(contender, title)| {
            trial.contender = contender;
            (title, fault(&mut trial))
        });
        let table = table::table(&columns.collect::<Vec<_>>());
        let text = format!("### {heading}\n\n{table}\n");
        std::io::stdout().write_all(text.as_bytes()).unwrap();
    }
}
