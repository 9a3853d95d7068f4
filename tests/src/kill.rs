//! A kill at a random moment of a run.

use crate::{Job, Random, SHELLS, Site};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Child;
use std::time::{Duration, Instant};

/// Who is killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    /// The process of that name.
    Stage(&'static str),
    /// The process that was started: the script's shell, cback3, the pipe's shell.
    Script,
    /// All processes of the run, one after another.
    Everything,
}

/// A backup, and who is killed while it is made, by what and when.
#[derive(Debug)]
pub struct Kill {
    /// The backup.
    pub job: Job,
    victim: Victim,
    signal: Signal,
    /// A part of the time that an undisturbed run takes.
    permille: u16,
}

impl Kill {
    /// Any mode, shell, victim, signal and moment; a third of the backups are of all databases.
    /// `stages` gives the kernel's names of the processes that make a backup, besides the one that
    /// is started.
    pub fn new(
        seed: u64,
        database: &'static str,
        stages: impl Fn(&Job) -> Vec<&'static str>,
    ) -> Self {
        let mut random = Random::new(seed);
        let job = Job {
            mode: random.choose(&["none", "gzip", "bzip2"]),
            database: random.choose(&[Some(database), Some(database), None]),
            shell: random.choose(&SHELLS),
        };
        let mut victims = vec![Victim::Script, Victim::Everything];
        victims.extend(stages(&job).into_iter().map(Victim::Stage));
        Self {
            job,
            victim: random.choose(&victims),
            signal: random.choose(&[Signal::KILL, Signal::TERM]),
            permille: u16::try_from(random.below(1000)).expect("below a thousand"),
        }
    }

    /// Sends the signal at the moment, where an undisturbed run takes `whole`. A stage that is not
    /// there yet is waited for, as long as the run lasts.
    pub fn send(&self, site: &Site, child: &mut Child, whole: Duration) {
        let mut runs = || child.try_wait().expect("a child of ours").is_none();
        let moment = Instant::now() + whole.mul_f64(f64::from(self.permille) / 1000.0);
        while Instant::now() < moment && runs() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let stage = |name| site.alive().into_iter().find(|it| it.name == name);
        let hit = |name| stage(name).map(|it| it.send(self.signal)).is_some();
        match self.victim {
            Victim::Stage(name) => while runs() && !hit(name) {},
            Victim::Everything => site.alive().iter().for_each(|it| it.send(self.signal)),
            Victim::Script if runs() => {
                kill_process(Pid::from_child(child), self.signal).expect("it runs");
            }
            Victim::Script => {}
        }
    }
}
