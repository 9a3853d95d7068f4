//! A kill at a random moment of a run.

use crate::{Contender, Dice, Job, SHELLS, Site};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Child;
use std::time::{Duration, Instant};

/// Who is killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    /// The process of that name: one of [`Contender::stages`].
    Stage(&'static str),
    /// The process that was started: the script's shell, cback3, the pipe's shell.
    Script,
    /// All processes of the run, one after another.
    Everything,
}

/// What is to be done, and what is to befall it.
#[derive(Debug)]
pub struct Kill {
    /// The backup.
    pub job: Job,
    victim: Victim,
    signal: Signal,
    /// Of the time that an undisturbed run takes.
    permille: u16,
}

impl Kill {
    /// Any mode, shell, victim, signal and moment; a third of the backups are of all databases.
    pub fn new(seed: u64, contender: Contender, database: &'static str) -> Self {
        let mut dice = Dice::new(seed);
        let job = Job {
            mode: dice.one_of(&["none", "gzip", "bzip2"]),
            database: dice.one_of(&[Some(database), Some(database), None]),
            shell: dice.one_of(&SHELLS),
        };
        let mut victims = vec![Victim::Script, Victim::Everything];
        victims.extend(contender.stages(&job).into_iter().map(Victim::Stage));
        Self {
            job,
            victim: dice.one_of(&victims),
            signal: dice.one_of(&[Signal::KILL, Signal::TERM]),
            permille: u16::try_from(dice.below(1000)).expect("below a thousand"),
        }
    }

    /// Kills at the moment, where an undisturbed run takes `whole`. A stage that is not there yet
    /// is waited for, as long as the run lasts.
    pub fn strike(&self, site: &Site, child: &mut Child, whole: Duration) {
        let mut runs = || child.try_wait().expect("a child of ours").is_none();
        let moment = Instant::now() + whole.mul_f64(f64::from(self.permille) / 1000.0);
        while Instant::now() < moment && runs() {
            std::thread::sleep(Duration::from_millis(1));
        }
        match self.victim {
            Victim::Stage(name) => while runs() && !self.found(site, name) {},
            Victim::Everything => site.alive().iter().for_each(|it| it.send(self.signal)),
            Victim::Script if runs() => {
                kill_process(Pid::from_child(child), self.signal).expect("it runs");
            }
            Victim::Script => {}
        }
    }

    fn found(&self, site: &Site, name: &str) -> bool {
        let alive = site.alive();
        let found = alive.iter().find(|process| process.name == name);
        found.inspect(|process| process.send(self.signal)).is_some()
    }
}
