//! Signals, and two runs at once: no temporary file, no process, and the previous backup.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{SHELLS, Server, Site, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

const NAME: &str = "postgresqldump-postgres.txt.gz";
const YESTERDAY: &[u8] = b"yesterday's backup";
const LIMIT: Duration = Duration::from_secs(60);

/// A run that has stopped half way, at a site with yesterday's backup.
struct Halted {
    site: Site,
    gate: PathBuf,
    child: Child,
}

impl Halted {
    fn start(server: &Server, shell: &[&str]) -> Self {
        let mut site = Site::new();
        let gate = site.halt_dumps();
        site.configure("gzip", &["postgres"]);
        fs::write(site.collect_dir().join(NAME), YESTERDAY).unwrap();
        let child = site
            .command(server, shell)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let half_made = site.collect_dir().join(".cback-postgresql/dump");
        wait_for("a backup is half made", LIMIT, || {
            fs::metadata(&half_made).is_ok_and(|metadata| metadata.len() > 0)
        });
        Self { site, gate, child }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn assert_yesterdays(&self, shell: &[&str]) {
        assert_eq!(self.site.listing(), [NAME], "{shell:?}");
        assert_eq!(self.site.backup(NAME), YESTERDAY, "{shell:?}");
    }
}

/// A test that fails must not leave its run behind.
impl Drop for Halted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_signal_leaves_nothing_but_the_last_backup() {
    let server = Server::start();
    for shell in SHELLS {
        for (signal, name) in [
            (Signal::TERM, "TERM"),
            (Signal::INT, "INT"),
            (Signal::HUP, "HUP"),
            (Signal::QUIT, "QUIT"),
        ] {
            let mut halted = Halted::start(&server, shell);
            halted.signal(signal);
            let status = halted.child.wait().unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()), "{shell:?}");
            let mut said = String::new();
            halted
                .child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            let line = format!("cback-postgresql: stopped by SIG{name} while backing up postgres");
            let mut ours = said
                .lines()
                .filter(|said| said.starts_with("cback-postgresql: "));
            assert_eq!(ours.next_back(), Some(line.as_str()), "{shell:?}: {said}");
            assert!(!said.contains("getcwd"), "{shell:?}: {said}");
            halted.assert_yesterdays(shell);
            let mut left = vec![];
            wait_for(&format!("{shell:?} took its pipeline along"), LIMIT, || {
                left = halted.site.processes();
                left.is_empty()
            });
        }
    }
}

#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let server = Server::start();
    for shell in SHELLS {
        // A SIGTERM that is ignored would not take the stages along.
        let ignoring = ["sh", "-c", "trap '' TERM; exec \"$@\"", "sh"];
        let mut halted = Halted::start(&server, &[&ignoring, shell].concat());
        halted.signal(Signal::KILL);
        halted.child.wait().unwrap();
        assert_eq!(
            halted.site.listing(),
            [".cback-postgresql", NAME],
            "{shell:?}"
        );
        wait_for(&format!("the stages of {shell:?} follow it"), LIMIT, || {
            halted.site.processes().is_empty()
        });
        assert_eq!(halted.site.backup(NAME), YESTERDAY, "{shell:?}");
        halted.site.shim("halting-pg_dump", "exec pg_dump \"$@\"");
        let output = halted.site.run(&server, shell);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(halted.site.listing(), [NAME], "{shell:?}");
        assert_ne!(halted.site.backup(NAME), YESTERDAY, "{shell:?}");
    }
}

/// What a wrapper around pg_dump leaves running must not keep the next run out.
#[test]
fn only_the_stage_that_writes_keeps_collect_dir() {
    let server = Server::start();
    for shell in SHELLS {
        let mut site = Site::new();
        let shim = "setsid sleep 600 <&- >/dev/null 2>&1 & exec pg_dump \"$@\"";
        let shim = site.shim("leaving-pg_dump", shim);
        site.override_command("pg_dump", &shim);
        site.configure("gzip", &["postgres"]);
        for _ in 0..2 {
            let output = site.run(&server, shell);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{shell:?}: {said}");
        }
        let left = site.alive();
        assert_eq!(left.len(), 2, "{shell:?}");
        for process in left {
            process.send(Signal::KILL);
        }
    }
}

#[test]
fn a_second_run_says_who_has_collect_dir_and_fails_at_once() {
    let server = Server::start();
    for shell in SHELLS {
        let mut halted = Halted::start(&server, shell);
        // One that were let in would halt as well.
        let second = halted
            .site
            .run(&server, &[&["timeout", "60"], shell].concat());
        assert_eq!(second.status.code(), Some(1), "{shell:?}");
        let expected = format!(
            "cback-postgresql: collect_dir {} is in use by process {}\n",
            halted.site.collect_dir().display(),
            halted.child.id()
        );
        assert_eq!(
            String::from_utf8_lossy(&second.stderr),
            expected,
            "{shell:?}"
        );
        // And it has not disturbed the first.
        fs::write(&halted.gate, "").unwrap();
        let mut said = String::new();
        halted
            .child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert!(halted.child.wait().unwrap().success(), "{shell:?}: {said}");
        assert_eq!(halted.site.listing(), [NAME], "{shell:?}: {said}");
    }
}
