//! A run that stops half way.

use crate::{Server, Site};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::process::{Child, Output};

/// A run whose backup is half made: megabytes of it are there that no compressor keeps to itself.
/// It ends when this is dropped.
pub struct HaltedRun {
    /// Where it runs.
    pub site: Site,
    child: Option<Child>,
}

impl HaltedRun {
    /// Starts it, and waits until it has come so far. `configure` writes the site's configuration.
    #[track_caller]
    pub fn start(
        mut site: Site,
        server: &Server,
        shell: &[&str],
        configure: impl FnOnce(&Site),
    ) -> Self {
        site.halt_dumps();
        configure(&site);
        let mut command = site.command(server, shell);
        // No pipe, whose end would come with that of the last stage.
        let said = File::create(site.path("said")).expect("room for a file");
        let child = command.stderr(said).spawn().expect("it starts");
        let run = Self {
            site,
            child: Some(child),
        };
        run.site.wait_until_half_made();
        run
    }

    /// The number of the process that was started.
    pub fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("it has not ended"))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> Output {
        let child = self.child.take();
        Output {
            status: child
                .expect("waited for once")
                .wait()
                .expect("a child of ours"),
            stdout: vec![],
            stderr: fs::read(self.site.path("said")).expect("a file of ours"),
        }
    }

    /// Lets it go on, and waits for its end.
    pub fn go_on(&mut self) -> Output {
        fs::write(self.site.path("gate"), "").expect("it reads");
        self.wait()
    }
}

impl Drop for HaltedRun {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
