//! A run that stops half way.

use crate::{Server, Site, end_of, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File, Metadata};
use std::process::{Child, Output};
use std::time::Duration;

/// A pg_dump that stops half way, after megabytes that no compressor keeps to itself, until the
/// site's gate is open.
const HALTING: &str = r#"
dump=$(pg_dump "$@"; echo .)
printf '%s' "${dump%??}" | head -n 5
head -c 3000000 /dev/urandom
flock --shared "${0%/*}/gate" true
printf '%s' "${dump%.}" | tail -n +6
"#;

/// A run whose backups are all half made. It ends when this is dropped.
pub struct HaltedRun {
    /// Where it runs.
    pub site: Site,
    child: Child,
    gate: Option<File>,
}

impl HaltedRun {
    /// Starts a run of so many databases, all at a time, and waits until it has come so far.
    /// `configure` writes the site's configuration.
    pub fn start(
        mut site: Site,
        server: &Server,
        shell: &[&str],
        databases: usize,
        configure: impl FnOnce(&Site),
    ) -> Self {
        let gate = Some(site.closed_gate());
        site.replace_pg_dump(HALTING);
        configure(&site);
        let mut command = site.command(server, shell);
        command.arg("--jobs").arg(databases.to_string());
        // No pipe, whose end would come with that of the last stage.
        let said = File::create(site.path("said")).expect("room for a file");
        let child = command.stderr(said).spawn().expect("it starts");
        let run = Self { site, child, gate };
        wait_for("all are half made", Duration::from_secs(300), || {
            run.unnamed_files().len() == databases
        });
        run
    }

    /// Files that are to become backups, and have no name yet.
    pub fn unnamed_files(&self) -> Vec<Metadata> {
        let alive = self.site.alive().into_iter();
        let compressors = alive.filter(|it| it.name == "cback-compress");
        let files = compressors.flat_map(|it| it.unnamed_files());
        files.filter(|it| it.len() > 1000).collect()
    }

    /// The number of the process that was started.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> Output {
        Output {
            status: end_of(&mut self.child),
            stdout: vec![],
            stderr: fs::read(self.site.path("said")).expect("a file of ours"),
        }
    }

    /// Lets its dumps, and all later ones of the site, go on.
    pub fn open_gate(&mut self) {
        self.gate = None;
    }

    /// Lets it go on, and waits for its end.
    pub fn go_on(&mut self) -> Output {
        self.open_gate();
        self.wait()
    }
}

impl Drop for HaltedRun {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
