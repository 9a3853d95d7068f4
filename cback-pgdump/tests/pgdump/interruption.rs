//! However it ends, nothing of it is left: no process, no session on the server.

use crate::{
    DEADLINE, Lock, SEAL, WHOLE, by_script, create_table, dumped, failed, pgdump, run,
    wait_until_locked_out, with_shim,
};
use cback_tests::{Finished, Process, Server, end_of, server, wait_for, wrapped};
use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

/// `cback-pgdump`, started so that its processes and sessions are known by `name`.
struct Run {
    child: Child,
    name: String,
}

impl Run {
    /// `name` is completed so that no other process that runs these tests has the same.
    #[track_caller]
    fn start(command: &mut Command, name: &str) -> Self {
        let name = format!("{name} {}", std::process::id());
        command.env("PGAPPNAME", &name).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("it starts");
        Self { child, name }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it has not been waited for");
    }

    /// Its processes that are there.
    fn processes(&self) -> Vec<Process> {
        Process::with_variable(&format!("PGAPPNAME={}", self.name))
    }

    /// Waits until so many bytes of its output wait for a reader. It never gets one.
    #[track_caller]
    fn wait_for_output(&self, bytes: u64) {
        let stdout = self.child.stdout.as_ref().expect("a pipe");
        let is_there = || ioctl_fionread(stdout).expect("a pipe") >= bytes;
        wait_for("its output", DEADLINE, is_there);
    }

    #[track_caller]
    fn wait_until_nothing_is_left(&self) {
        let what = format!("the end of all of {}", self.name);
        wait_for(&what, DEADLINE, || self.processes().is_empty());
    }

    /// No process is left, and no session, which the server may notice later.
    #[track_caller]
    fn assert_nothing_left(&self, server: &Server) {
        let left = self.processes();
        assert!(left.is_empty(), "left of {}: {left:?}", self.name);
        let ours = format!("application_name = '{}'", self.name);
        let ended = format!("the end of the sessions of {}", self.name);
        wait_for(&ended, DEADLINE, || !server.has_session(&ours));
    }

    /// It has to die of the signal, with all that it has started, and leave its dump unsealed.
    #[track_caller]
    fn assert_dies_of(mut self, signal: Signal, server: &Server) {
        self.signal(signal);
        let status = end_of(&mut self.child);
        assert_eq!(status.signal(), Some(signal.as_raw()), "{}", self.name);
        // Nobody waits for the others where it had no time to.
        if signal == Signal::KILL {
            self.wait_until_nothing_is_left();
        }
        self.assert_nothing_left(server);
        let mut dump = Vec::new();
        let mut stdout = self.child.stdout.take().expect("a pipe");
        stdout.read_to_end(&mut dump).expect("nobody else writes");
        assert!(!dump.ends_with(SEAL.as_bytes()), "{}", self.name);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// SIGKILL too: a pg_dump that waits for a lock writes nothing, so it would not notice. And until then "`ps` never shows"
/// the user or the database, but what pg_dumpall itself tells pg_dump.
#[test]
fn a_signal_ends_all_that_it_has_started_whatever_that_does() {
    // Its own server: pg_dumpall would wait for the locks of other tests.
    let server = Server::start();
    create_table(&server, "written", 5000);
    create_table(&server, "locked", 1);
    server.sql("postgres", "CREATE ROLE hush SUPERUSER LOGIN");
    let _lock = Lock::on(&server, "locked");
    for (target, arguments) in [("written", &[][..]), ("locked", &[]), ("--all", &["--all"])] {
        for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::KILL] {
            let name = format!("{target} {}", signal.as_raw());
            // A test that runs in the background of a script has SIGINT ignored.
            let mut command = wrapped(
                &["env", "--default-signal=INT,HUP"],
                &pgdump(&server, arguments),
            );
            command.envs([("PGUSER", "hush"), ("PGDATABASE", target)]);
            let run = Run::start(&mut command, &name);
            if target == "written" {
                run.wait_for_output(30_000);
            } else {
                wait_until_locked_out(&server, "locked");
            }
            let processes = run.processes();
            let is_there = |name| processes.iter().any(|it| it.name == name);
            let are_both = is_there("pg_dumpall") == (target == "--all") && is_there("pg_dump");
            assert!(are_both, "{processes:?}");
            let tells = |it: &Process| it.line.contains("hush") || it.line.contains(target);
            let are_silent = target == "--all" || !processes.iter().any(tells);
            assert!(are_silent, "{processes:?}");
            run.assert_dies_of(signal, &server);
        }
    }
}

/// The next stage has failed, and has said why; pg_dump would hold its session until the lock is free.
#[test]
fn a_reader_that_goes_away_is_a_quiet_failure_whatever_pg_dump_does() {
    create_table(server(), "unread", 5000);
    create_table(server(), "awaited", 1);
    let _lock = Lock::on(server(), "awaited");
    for database in ["unread", "awaited"] {
        let mut run = Run::start(&mut pgdump(server(), &[database]), database);
        if database == "unread" {
            run.wait_for_output(30_000);
        } else {
            wait_until_locked_out(server(), database);
        }
        drop(run.child.stdout.take());
        assert_eq!(end_of(&mut run.child).code(), Some(1), "{database}");
        run.assert_nothing_left(server());
        let mut said = String::new();
        let mut stderr = run.child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut said).expect("text");
        assert_eq!(said, "", "{database}");
    }
}

/// One that has been stopped cancels its query before it dies, or the session would wait on.
#[test]
fn a_child_that_has_been_stopped_ends_as_well() {
    create_table(server(), "stopped", 1);
    let _lock = Lock::on(server(), "stopped");
    let run = Run::start(&mut pgdump(server(), &["stopped"]), "stopped");
    wait_until_locked_out(server(), "stopped");
    let processes = run.processes();
    let pg_dump = processes.iter().find(|it| it.name == "pg_dump");
    pg_dump.expect("it waits").send(Signal::STOP);
    run.assert_dies_of(Signal::TERM, server());
}

/// One that takes no notice of SIGTERM is killed; what it leaves behind is ended with it.
#[test]
fn a_child_that_does_not_end_by_itself_is_ended() {
    let script = "trap '' TERM; echo ready; sleep 600";
    let run = Run::start(&mut with_shim(script, &["db"]), "stubborn");
    run.wait_for_output(1);
    run.assert_dies_of(Signal::TERM, server());
    let script = "sleep 600 >/dev/null 2>&1 & exit 1";
    let mut run = Run::start(&mut with_shim(script, &["db"]), "orphan");
    assert_eq!(end_of(&mut run.child).code(), Some(1));
    run.wait_until_nothing_is_left();
}

/// `nohup` and a shell's `&` rely on it.
#[test]
fn an_ignored_signal_stays_ignored() {
    let script = format!("echo ready; read -r _ <\"$GATE\"; {WHOLE}");
    let gate = server().host().join("gate");
    run(Command::new("mkfifo").arg(&gate)).succeeds();
    let ignoring = "trap '' HUP INT; exec \"$@\"";
    let mut command = by_script(ignoring, &with_shim(&script, &["db"]));
    let mut run = Run::start(command.env("GATE", &gate), "nohup");
    run.wait_for_output(1);
    run.signal(Signal::HUP);
    run.signal(Signal::INT);
    // Open for reading too, since else it would wait for the shim.
    let gate = File::options().read(true).write(true).open(&gate);
    let mut gate = gate.expect("ours");
    gate.write_all(b"go on\n").expect("room");
    assert_eq!(end_of(&mut run.child).code(), Some(0));
    run.assert_nothing_left(server());
}

/// Some service managers and libraries leave it so; then nobody could learn how pg_dump has ended.
#[test]
fn sigchld_may_be_ignored() {
    let ignoring = |script| {
        let command = with_shim(script, &["db"]);
        wrapped(&["env", "--ignore-signal=CHLD"], &command)
    };
    dumped(&ignoring(WHOLE));
    let said = failed(&ignoring("exit 3")).said();
    assert!(said.ends_with("failed (exit status: 3)\n"), "{said}");
}

#[test]
fn it_dies_with_the_script_that_asks_for_it() {
    create_table(server(), "deserted", 1);
    let _lock = Lock::on(server(), "deserted");
    for (name, before) in [("deserted", ""), ("trapped", "trap '' TERM INT HUP;")] {
        let script = format!("{before} \"$@\" --die-with $$ & wait");
        let mut shell = by_script(&script, &pgdump(server(), &["deserted"]));
        let run = Run::start(&mut shell, name);
        wait_until_locked_out(server(), "deserted");
        run.assert_dies_of(Signal::KILL, server());
    }
}

/// The parent may be dead before the kernel can be asked: then nothing is started.
#[test]
fn it_starts_nothing_for_a_script_that_is_gone() {
    let stranger = std::process::id().to_string();
    let output = failed(&with_shim("echo started", &["db", "--die-with", &stranger]));
    let message =
        format!("cback-pgdump: --die-with: process {stranger} is not the parent of this one\n");
    assert_eq!((output.printed(), output.said()), (String::new(), message));
}
