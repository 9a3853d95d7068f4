//! However it ends, nothing of it is left: no process, no session on the server.

mod server;

use cback_tests::wait_for;
use rustix::io::ioctl_fionread;
use server::{
    DEADLINE, Lock, SERVER, cback_pgdump, create_table, ended, processes, run, sessions,
    wait_until_locked_out, with_shim,
};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

const SEAL: &str = "a-word-for-this-dump";
const SIGNALS: [(&str, i32); 3] = [("TERM", 15), ("INT", 2), ("HUP", 1)];

/// Starts `command` so that [`assert_nothing_left`] knows what belongs to it.
fn start(command: &mut Command, name: &str) -> Child {
    command.args(["--seal", SEAL]).env("PGAPPNAME", name);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

fn left(name: &str) -> Vec<String> {
    let mark = format!("PGAPPNAME={name}");
    processes(|environment| {
        environment
            .split(|&byte| byte == 0)
            .any(|it| it == mark.as_bytes())
    })
}

#[track_caller]
fn assert_nothing_left(name: &str) {
    assert_eq!(left(name), [""; 0], "processes left");
    let ours = format!("application_name = '{name}'");
    wait_for("the server's sessions to end", DEADLINE, || {
        sessions(&ours) == 0
    });
}

fn send(signal: &str, child: &Child) {
    let output = run(Command::new("kill").args(["-s", signal, &child.id().to_string()]));
    assert!(output.status.success());
}

/// Nobody reads what it writes: waits until there is hardly room for more.
fn wait_until_stuck(child: &Child) {
    let stdout = child.stdout.as_ref().expect("a pipe");
    let room = rustix::pipe::fcntl_getpipe_size(stdout).expect("a pipe") as u64;
    wait_for("a full pipe", DEADLINE, || {
        ioctl_fionread(stdout).expect("a pipe") > room / 2
    });
}

#[track_caller]
fn assert_died(mut child: Child, name: &str, number: i32) {
    assert_eq!(ended(&mut child).signal(), Some(number));
    assert_nothing_left(name);
    let mut dump = Vec::new();
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_to_end(&mut dump)
        .expect("its output");
    assert!(!dump.ends_with(SEAL.as_bytes()));
}

#[test]
fn a_signal_ends_it_while_it_writes() {
    create_table("writing", 20_000);
    for (signal, number) in SIGNALS {
        let name = format!("writing {signal}");
        let child = start(cback_pgdump().arg("writing"), &name);
        wait_until_stuck(&child);
        send(signal, &child);
        assert_died(child, &name, number);
    }
}

#[test]
fn a_signal_ends_it_while_it_waits_for_a_lock() {
    create_table("locked", 1);
    let _lock = Lock::on("locked");
    for (signal, number) in SIGNALS {
        let name = format!("locked {signal}");
        let child = start(cback_pgdump().arg("locked"), &name);
        wait_until_locked_out("locked");
        send(signal, &child);
        assert_died(child, &name, number);
    }
}

#[test]
fn a_signal_ends_pg_dumpalls_child_as_well() {
    create_table("in_all", 1);
    let _lock = Lock::on("in_all");
    for (signal, number) in SIGNALS {
        let name = format!("all {signal}");
        let child = start(cback_pgdump().arg("--all"), &name);
        wait_until_locked_out("in_all");
        assert!(
            left(&name).len() >= 3,
            "us, pg_dumpall, pg_dump: {:?}",
            left(&name)
        );
        send(signal, &child);
        assert_died(child, &name, number);
    }
}

#[test]
fn a_child_that_takes_no_notice_of_sigterm_is_killed() {
    let script = "trap '' TERM; echo ready; while :; do sleep 600; done";
    let mut child = start(with_shim(script).arg("db"), "stubborn");
    let mut ready = [0; 6];
    child
        .stdout
        .as_mut()
        .expect("a pipe")
        .read_exact(&mut ready)
        .expect("its first words");
    send("TERM", &child);
    assert_died(child, "stubborn", 15);
}

#[test]
fn what_the_child_leaves_behind_is_ended_with_it() {
    let script = "sleep 600 >/dev/null 2>&1 & exit 1";
    let mut child = start(with_shim(script).arg("db"), "orphan");
    assert_eq!(ended(&mut child).code(), Some(1));
    wait_for("the orphan's end", DEADLINE, || left("orphan").is_empty());
}

/// `nohup` and a shell's `&` rely on it.
#[test]
fn an_ignored_signal_stays_ignored() {
    let script = "printf 'ready\n'; read -r _ <\"$GATE\"; printf '%s\n' '--' \
        '-- PostgreSQL database dump complete' '--' ''";
    let gate = SERVER.host().join("gate");
    assert!(run(Command::new("mkfifo").arg(&gate)).status.success());
    let program = with_shim(script);
    let mut command = SERVER.command("sh");
    command
        .args(["-c", "trap '' HUP INT; exec \"$@\"", "sh"])
        .arg(program.get_program());
    command
        .args(program.get_args())
        .arg("db")
        .env("SHIM", script)
        .env("GATE", &gate);
    let mut child = start(&mut command, "nohup");
    let mut ready = [0; 6];
    child
        .stdout
        .as_mut()
        .expect("a pipe")
        .read_exact(&mut ready)
        .expect("its first words");
    send("HUP", &child);
    send("INT", &child);
    std::fs::write(&gate, "go on\n").expect("the shim reads");
    assert_eq!(ended(&mut child).code(), Some(0));
    assert_nothing_left("nohup");
}

/// Some service managers and libraries leave it so; then nobody could learn how pg_dump has ended.
#[test]
fn sigchld_may_be_ignored() {
    let dump = "printf '%s\n' '-- PostgreSQL database dump complete' '--' ''";
    for (script, code) in [(dump, 0), ("exit 3", 1)] {
        let program = with_shim(script);
        let mut command = SERVER.command("env");
        command
            .arg("--ignore-signal=CHLD")
            .arg(program.get_program());
        command.args(program.get_args());
        let output = run(command.arg("db").env("SHIM", script));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!(said.contains("exit status: 3"), code == 1, "{said}");
    }
}

/// One that has been stopped cancels its query before it dies, or the session would wait on.
#[test]
fn a_child_that_has_been_stopped_ends_as_well() {
    create_table("stopped", 1);
    let _lock = Lock::on("stopped");
    let child = start(cback_pgdump().arg("stopped"), "stopped");
    wait_until_locked_out("stopped");
    let stop = "for it in /proc/[0-9]*; do \
                grep -qzx PGAPPNAME=stopped \"$it/environ\" 2>/dev/null && \
                grep -qx pg_dump \"$it/comm\" && kill -s STOP \"${it#/proc/}\" && exit; \
                done; exit 1";
    let stopped = run(Command::new("sh").args(["-c", stop]));
    assert!(stopped.status.success(), "{stopped:?}");
    send("TERM", &child);
    assert_died(child, "stopped", 15);
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_failure() {
    create_table("unread", 20_000);
    let mut child = start(cback_pgdump().arg("unread"), "unread");
    wait_until_stuck(&child);
    drop(child.stdout.take());
    assert_eq!(ended(&mut child).code(), Some(1));
    assert_nothing_left("unread");
    let mut said = String::new();
    child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut said)
        .expect("text");
    assert_eq!(said, "");
}

/// A pg_dump that waits for a lock writes nothing, and so would wait for ever.
#[test]
fn when_it_is_killed_a_child_that_waits_for_a_lock_ends_as_well() {
    create_table("abandoned", 1);
    let _lock = Lock::on("abandoned");
    for target in ["abandoned", "--all"] {
        let name = format!("abandoned {target}");
        let mut child = start(cback_pgdump().arg(target), &name);
        wait_until_locked_out("abandoned");
        child.kill().expect("it runs");
        assert_eq!(ended(&mut child).signal(), Some(9));
        wait_for("the child's end", DEADLINE, || left(&name).is_empty());
        assert_nothing_left(&name);
    }
}

#[test]
fn when_it_is_killed_the_child_ends_at_its_next_write() {
    create_table("killed", 20_000);
    let mut child = start(cback_pgdump().arg("killed"), "killed");
    wait_until_stuck(&child);
    child.kill().expect("it runs");
    assert_eq!(ended(&mut child).signal(), Some(9));
    wait_for("the child's end", DEADLINE, || left("killed").is_empty());
    assert_nothing_left("killed");
}

/// The next stage has failed, and pg_dump would hold its session until the lock is free.
#[test]
fn a_reader_that_goes_away_is_noticed_while_pg_dump_waits() {
    create_table("awaited", 1);
    let _lock = Lock::on("awaited");
    let mut child = start(cback_pgdump().arg("awaited"), "awaited");
    wait_until_locked_out("awaited");
    drop(child.stdout.take());
    assert_eq!(ended(&mut child).code(), Some(1));
    assert_nothing_left("awaited");
}

/// Starts `"$@" --die-with $$` from a shell that then waits; the shell is the child.
fn start_from_script(before: &str, program: &mut Command, name: &str) -> Child {
    let script = format!("{before} \"$@\" --die-with $$ & wait");
    let mut shell = SERVER.command("sh");
    shell
        .args(["-c", &script, "sh"])
        .arg(program.get_program())
        .args(program.get_args())
        .env("PGAPPNAME", name);
    shell
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh")
}

#[test]
fn it_dies_with_the_script_that_asks_for_it() {
    create_table("deserted", 1);
    let _lock = Lock::on("deserted");
    for (number, before) in ["", "trap '' TERM INT HUP;"].into_iter().enumerate() {
        let name = format!("deserted {number}");
        let mut script = start_from_script(before, cback_pgdump().arg("deserted"), &name);
        wait_until_locked_out("deserted");
        script.kill().expect("it runs");
        script.wait().expect("a child of ours");
        wait_for("everybody's end", DEADLINE, || left(&name).is_empty());
        assert_nothing_left(&name);
    }
}

/// The parent may be dead before the kernel can be asked: then nothing is started.
#[test]
fn it_starts_nothing_for_a_script_that_is_gone() {
    let stranger = std::os::unix::process::parent_id().to_string();
    let output = run(with_shim("echo started").args(["db", "--die-with", &stranger]));
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message =
        format!("cback-pgdump: --die-with: process {stranger} is not the parent of this one\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), message);
}

#[test]
fn a_script_that_lives_changes_nothing() {
    let ours = std::process::id().to_string();
    let dump = "printf '%s\n' '-- PostgreSQL database dump complete' '--' ''";
    let dump = format!("printf '%s\n' --; {dump}");
    let output = run(with_shim(&dump).args(["db", "--seal", SEAL, "--die-with", &ours]));
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.ends_with(SEAL.as_bytes()));
}
