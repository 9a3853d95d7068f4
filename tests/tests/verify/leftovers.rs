//! "Nothing is left behind, whatever happens": however it ends.

use crate::backups::{Backups, with_trigger};
use cback_tests::{
    Finished, Run, SHELLS, Shell, SmallDisk, assert_has, end_of, in_background, in_each_shell,
    run_with_input, server, shim, skipped_without_root, wait_for,
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(300);

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
    wait_for("all are restoring", LIMIT, || {
        let alive = backups.alive();
        let restoring = alive.iter().filter(|it| it.line.contains("[local] COPY"));
        restoring.count() == jobs
    });
    (backups, child)
}

in_each_shell!(a_signal_ends_all_of_it);

/// "Killed by a signal: die of that signal"; "`-j N`: files at a time, with the promises of one".
fn a_signal_ends_all_of_it(shell: Shell) {
    let signals = [Signal::TERM, Signal::INT, Signal::HUP, Signal::KILL];
    // The kernel sees to the last, whatever the shell.
    let ends = [2, 1, 1, 2].into_iter().zip(signals);
    for (jobs, signal) in ends.take(if shell == SHELLS[0] { 4 } else { 2 }) {
        let (backups, mut child) = start_hanging(shell, jobs);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = end_of(&mut child);
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
        backups.assert_clean();
    }
}

/// Nobody else would do it until the next run.
#[test]
fn a_signal_removes_the_directory_that_has_no_janitor_yet() {
    for (program, shim) in [
        ("mktemp", "/usr/bin/mktemp \"$@\"; kill -s TERM $PPID"),
        ("flock", "kill -s TERM $PPID; exec /usr/bin/flock \"$@\""),
    ] {
        let (backups, _) = Backups::of_items();
        backups.replace(program, shim);
        for shell in SHELLS {
            let status = backups.command(shell, &["x.sql"]).run().status;
            assert_eq!(
                status.signal(),
                Some(Signal::TERM.as_raw()),
                "{program}, {shell:?}"
            );
            backups.assert_clean();
        }
    }
}

/// "Where the janitor was killed too, the next run does"; one that goes on is left alone.
#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let (backups, mut child) = start_hanging(SHELLS[0], 1);
    let directories = || fs::read_dir(backups.scratch()).unwrap().count();
    backups.run(&["missing.sql"]).fails(1);
    assert_eq!(directories(), 1);
    let goes_on = || backups.alive().iter().any(|it| it.name == "psql");
    wait_for("it goes on", LIMIT, goes_on);
    // All are stopped before any is killed, or the janitor would see to the rest.
    for signal in [Signal::STOP, Signal::KILL] {
        backups.alive().iter().for_each(|it| it.send(signal));
    }
    end_of(&mut child);
    wait_for("all are dead", LIMIT, || backups.alive().is_empty());
    assert_ne!(directories(), 0, "a janitor has survived");
    backups.refuses(&["missing.sql"], "missing");
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
fn a_server_that_ends_is_a_failure() {
    let (backups, dump) = Backups::of_items();
    let kill = "EXECUTE 'COPY item TO PROGRAM ''kill -9 $(head -n 1 /data/server/postmaster.pid)'''; RETURN NEW;";
    backups.put("x.sql", &with_trigger(&dump, kill));
    let said = backups.refuses(&["--restore", "x.sql"], "x.sql: ");
    let is_told = said.contains("does not restore: ") || said.contains("ended before its end");
    assert!(is_told, "{said}");
}

/// "What this machine lacks says nothing against the backup": a library that is missing, and a server that does not start.
#[test]
fn without_a_server_that_works_nothing_is_proven() {
    let (backups, _) = Backups::of_items();
    let real = server().bin();
    let bin = backups.path("pg/bin");
    fs::create_dir_all(&bin).unwrap();
    let call = |program| format!("exec {}/{program} \"$@\"", real.display());
    let call_all = || {
        for program in ["initdb", "postgres", "psql", "pg_dump", "pg_dumpall"] {
            shim(&bin.join(program), &call(program));
        }
    };
    let arguments = ["--restore", "--pg-bin", "pg/bin", "x.sql"];
    call_all();
    backups.proves(&arguments);
    let no_server = "cannot be proven here: no server can be started";
    let lost = "error while loading shared libraries: lost.so.6: cannot open shared object file";
    let only_its_version = format!("[ \"$1\" != --version ] || {};", call("postgres"));
    let says = format!("{only_its_version} echo 'FATAL:  it may not' >&2; exit 1");
    let is_silent = format!("{only_its_version} exit 3");
    let fails = format!("{}/pg_dump \"$@\"; exit 1", real.display());
    #[rustfmt::skip]
    let cases = [
        ("initdb", "", format!("{no_server}: {}/initdb: {lost}", bin.display())),
        ("initdb", "exit 3", format!("{no_server}: initdb ended with status 3\n")),
        ("psql", "", format!("{no_server}: psql: {lost}")),
        ("postgres", &says, format!("{no_server}: FATAL:  it may not\n")),
        ("postgres", &is_silent, format!("{no_server}: postgres ended with status 3\n")),
        ("pg_dump", "", format!("cannot be proven here: pg_dump: {lost}")),
        ("pg_dump", &fails, String::new()),
    ];
    for (broken, script, reason) in cases {
        call_all();
        if script.is_empty() {
            let mut without_libc = Command::new("sed");
            without_libc
                .arg("s/libc[.]so[.]6/lost.so.6/g")
                .arg(real.join(broken));
            let program = without_libc.env("LC_ALL", "C").run().stdout;
            fs::write(bin.join(broken), program).unwrap();
        } else {
            shim(&bin.join(broken), script);
        }
        backups.refuses(&arguments, &format!("x.sql: {reason}"));
    }
}

/// "Cannot be proven here": before a restore, and when the disk gets full in it.
#[test]
fn too_little_room_is_no_proof() {
    if skipped_without_root("to mount a small disk") {
        return;
    }
    let (backups, dump) = Backups::of_items();
    let disk = |megabytes: u32| SmallDisk::mount(&backups.scratch(), &format!("size={megabytes}m"));
    // Standard input may have no end.
    let small = disk(16);
    let mut command = small.command(&backups.command(SHELLS[0], &["-"]));
    let said = run_with_input(&mut command, &vec![b'x'; 20 << 20]).fails(1);
    assert_has(&said, "standard input takes more than nine tenths of the ");
    // One after the other fits.
    let path = |name: &str| backups.path(name).display().to_string();
    let x = path("x.sql");
    let twice = backups.command(SHELLS[0], &["--restore", &x, &x]);
    let larger = disk(365);
    larger.command(&twice).run().succeeds();
    let fill = "IF NEW.id = 1 THEN
        CREATE TABLE public.big AS SELECT repeat('x', 1000) FROM generate_series(1, 1000000);
        END IF; RETURN NEW;";
    backups.put("filling.sql", &with_trigger(&dump, fill));
    for (megabytes, file, reason) in [
        (200, "x.sql", "cannot be proven here: it takes about "),
        (400, "filling.sql", "cannot be proven here: "),
    ] {
        let disk = disk(megabytes);
        let command = backups.command(SHELLS[0], &["--restore", &path(file)]);
        assert_has(&disk.command(&command).run().fails(1), reason);
        let place = disk.path(&backups.scratch());
        wait_for("nothing is left", LIMIT, || {
            fs::read_dir(&place).unwrap().count() == 0
        });
    }
}
