//! "Nothing is left behind, whatever happens": however it ends.

use crate::backups::{Backups, with_trigger};
use cback_tests::{
    Finished, Run, SHELLS, Shell, SmallDisk, end_of, in_background, in_each_shell, run_with_input,
    server, shim, skipped_without_root, wait_for,
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Backups of which no restore ends.
fn hanging() -> Backups {
    let (backups, dump) = Backups::of_items();
    let sleep = "PERFORM pg_sleep(3600); RETURN NEW;";
    for name in ["x.sql", "y.sql", "z.sql"] {
        backups.put(name, &with_trigger(&dump, sleep));
    }
    backups
}

/// A run in the middle of so many restores.
fn start_hanging(shell: Shell, jobs: usize) -> (Backups, Child) {
    let backups = hanging();
    let number = jobs.to_string();
    let arguments = ["-j", &number, "--restore", "x.sql", "y.sql", "z.sql"];
    let child = in_background(&mut backups.command(shell, &arguments));
    wait_for("all are restoring", Duration::from_secs(300), || {
        let alive = backups.alive();
        let restoring = alive.iter().filter(|it| it.line.contains("[local] COPY"));
        restoring.count() == jobs
    });
    (backups, child)
}

in_each_shell!(a_signal_ends_all_of_it);

/// "Killed by a signal: die of that signal"; "`-j N`: files at a time, with the promises of one".
fn a_signal_ends_all_of_it(shell: Shell) {
    // The kernel sees to the last, whatever the shell.
    let ends = [
        (2, Signal::TERM),
        (1, Signal::INT),
        (1, Signal::HUP),
        (2, Signal::KILL),
    ];
    for (jobs, signal) in &ends[..if shell == SHELLS[0] { 4 } else { 2 }] {
        let (backups, mut child) = start_hanging(shell, *jobs);
        kill_process(Pid::from_child(&child), *signal).unwrap();
        let status = end_of(&mut child);
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
        backups.assert_clean();
    }
}

/// "Where the janitor was killed too, the next run does."
#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let (backups, mut child) = start_hanging(SHELLS[0], 1);
    // All are stopped before any is killed, or the janitor would see to the rest.
    for signal in [Signal::STOP, Signal::KILL] {
        backups.alive().iter().for_each(|it| it.send(signal));
    }
    end_of(&mut child);
    wait_for("all are dead", Duration::from_secs(300), || {
        backups.alive().is_empty()
    });
    let left = fs::read_dir(backups.scratch()).unwrap().count();
    assert_ne!(left, 0, "a janitor has survived");
    backups.refuses(&["missing.sql"], "missing");
}

#[test]
fn a_run_leaves_another_ones_directory_alone() {
    let (backups, mut hanging) = start_hanging(SHELLS[0], 1);
    backups.run(&["missing.sql"]).fails(1);
    assert_eq!(fs::read_dir(backups.scratch()).unwrap().count(), 1);
    wait_for("it goes on", Duration::from_secs(300), || {
        backups.alive().iter().any(|it| it.name == "psql")
    });
    kill_process(Pid::from_child(&hanging), Signal::TERM).unwrap();
    end_of(&mut hanging);
    backups.assert_clean();
}

in_each_shell!(a_directory_that_is_taken_for_a_dead_ones_is_made_anew);

fn a_directory_that_is_taken_for_a_dead_ones_is_made_anew(shell: Shell) {
    let (backups, _) = Backups::of_items();
    let remove_the_first = format!(
        "made=$(/usr/bin/mktemp \"$@\") && echo \"$made\"\n\
         [ -e '{0}' ] || {{ true >'{0}' && rmdir \"$made\"; }}",
        backups.path("first").display()
    );
    backups.replace("mktemp", &remove_the_first);
    let output = backups.command(shell, &["x.sql"]).run();
    assert_eq!(output.succeeds(), "");
    backups.assert_clean();
}

/// "Restoring is not waited for without a time limit."
#[test]
fn a_restore_that_hangs_is_given_up() {
    // Long enough for the check before it, on a busy machine.
    let arguments = ["--restore", "--time-limit", "15", "x.sql"];
    let reason = "x.sql: not restored within 15 s (--time-limit)\n";
    hanging().refuses(&arguments, reason);
}

/// "A closed reader (EPIPE) is a failure too, a quiet one."
#[test]
fn a_reader_that_goes_away_ends_it() {
    let (backups, _) = Backups::of_items();
    let mut command = backups.command(SHELLS[0], &["--restore", "x.sql", "x.sql", "x.sql"]);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert_eq!(output.said(), "");
    backups.assert_clean();
}

#[test]
fn a_server_that_does_not_start_or_ends_is_a_failure() {
    let (backups, dump) = Backups::of_items();
    let kill = "EXECUTE 'COPY item TO PROGRAM ''kill -9 $(head -n 1 /data/server/postmaster.pid)'''; RETURN NEW;";
    backups.put("x.sql", &with_trigger(&dump, kill));
    let said = backups.refuses(&["--restore", "x.sql"], "x.sql: ");
    let is_told = said.contains("does not restore: ") || said.contains("ended before its end");
    assert!(is_told, "{said}");

    backups.put("x.sql", &dump);
    let real = &server().installation.bin;
    fs::create_dir_all(backups.path("pg/bin")).unwrap();
    for program in ["initdb", "psql", "pg_dump", "pg_dumpall"] {
        let path = backups.path("pg/bin").join(program);
        shim(&path, &format!("exec {}/{program} \"$@\"", real.display()));
    }
    let version = Command::new(real.join("postgres"))
        .arg("--version")
        .prints();
    let postgres = format!(
        "case $1 in --version) echo '{}';; *) echo 'FATAL:  it may not' >&2; exit 1 ;; esac",
        version.trim()
    );
    shim(&backups.path("pg/bin/postgres"), &postgres);
    let arguments = ["--restore", "--pg-bin", "pg/bin", "x.sql"];
    backups.refuses(&arguments, "FATAL:  it may not");
    shim(
        &backups.path("pg/bin/postgres"),
        &format!("exec {}/postgres \"$@\"", real.display()),
    );
    backups.proves(&arguments);
    let status = format!("{}/pg_dump \"$@\"; exit 1", real.display());
    shim(&backups.path("pg/bin/pg_dump"), &status);
    backups.refuses(&arguments, "x.sql: ");
}

/// "Cannot be proven here": before a restore, and when the disk gets full in it.
#[test]
fn too_little_room_is_no_proof() {
    if skipped_without_root("to mount a small disk") {
        return;
    }
    let (backups, dump) = Backups::of_items();
    // Standard input may have no end.
    let disk = SmallDisk::mount(backups.scratch(), "size=16m");
    let mut command = disk.command(&backups.command(SHELLS[0], &["-"]));
    let said = run_with_input(&mut command, &vec![b'x'; 20 << 20]).fails(1);
    let reason = "standard input takes more than nine tenths of the ";
    assert!(said.contains(reason), "{said}");
    drop(disk);
    // One after the other fits.
    let path = backups.put("x.sql", &dump).display().to_string();
    let disk = SmallDisk::mount(backups.scratch(), "size=365m");
    let command = backups.command(SHELLS[0], &["--restore", &path, &path]);
    disk.command(&command).run().succeeds();
    drop(disk);
    let fill = "IF NEW.id = 1 THEN
        CREATE TABLE public.big AS SELECT repeat('x', 1000) FROM generate_series(1, 1000000);
        END IF; RETURN NEW;";
    let filling = with_trigger(&dump, fill);
    let first = "cannot be proven here: it takes about ";
    for (size, sql, reason) in [
        ("size=200m", dump, first),
        ("size=400m", filling, "cannot be proven here: "),
    ] {
        let path = backups.put("x.sql", &sql);
        let disk = SmallDisk::mount(backups.scratch(), size);
        let arguments = ["--restore", path.to_str().unwrap()];
        let command = backups.command(SHELLS[0], &arguments);
        let said = disk.command(&command).run().fails(1);
        assert!(said.contains(reason), "{said}");
        wait_for("nothing is left", Duration::from_secs(300), || {
            fs::read_dir(disk.path(backups.scratch())).unwrap().count() == 0
        });
    }
}
