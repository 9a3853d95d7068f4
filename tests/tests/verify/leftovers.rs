//! However it ends, nothing is left.

use crate::backups::{Backups, create_items, dump, with_trigger};
use cback_tests::{
    Finished, Run, SHELLS, Shell, SmallDisk, end_of, in_background, in_each_shell, server, shim,
    skipped_without_root, wait_for,
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A dump of which the restore does not end.
fn hanging(database: &str) -> Vec<u8> {
    create_items(server(), database);
    with_trigger(
        &dump(server(), Some(database)),
        "PERFORM pg_sleep(3600); RETURN NEW;",
    )
}

/// A run of which the restore does not end, in the middle of it.
fn start_hanging(backups: &Backups, shell: Shell) -> Child {
    let name = format!("hangs {}", backups.scratch().display());
    backups.put("x.sql", &hanging(&name));
    let child = in_background(&mut backups.command(shell, &["--restore", "x.sql"]));
    wait_for("it is being restored", Duration::from_secs(60), || {
        backups.alive().iter().any(|it| it.name == "psql")
            && fs::read_dir(backups.scratch()).unwrap().count() == 1
    });
    child
}

in_each_shell!(a_signal_ends_all_of_it);

fn a_signal_ends_all_of_it(shell: Shell) {
    // The kernel sees to the last, whatever the shell.
    let signals = [Signal::TERM, Signal::INT, Signal::HUP, Signal::KILL];
    for signal in &signals[..if shell == SHELLS[0] { 4 } else { 2 }] {
        let backups = Backups::new();
        let mut child = start_hanging(&backups, shell);
        kill_process(Pid::from_child(&child), *signal).unwrap();
        let status = end_of(&mut child);
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
        backups.assert_clean();
    }
}

/// Of those that are killed together with all that would clean up.
#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let backups = Backups::new();
    let mut child = start_hanging(&backups, SHELLS[0]);
    let mut other = start_hanging_beside(&backups);
    for process in backups.alive() {
        if process.pid != Pid::from_child(&other) {
            process.send(Signal::STOP);
        }
    }
    for process in backups.alive() {
        process.send(Signal::KILL);
    }
    end_of(&mut child);
    end_of(&mut other);
    wait_for("all are dead", Duration::from_secs(20), || {
        backups.alive().is_empty()
    });
    assert_ne!(
        fs::read_dir(backups.scratch()).unwrap().count(),
        0,
        "a janitor has survived"
    );
    create_items(server(), "after");
    backups.put("good.sql", &dump(server(), Some("after")));
    backups.proves(&["good.sql"]);
}

fn start_hanging_beside(backups: &Backups) -> Child {
    in_background(&mut backups.command(SHELLS[0], &["--restore", "x.sql"]))
}

#[test]
fn a_run_leaves_another_ones_directory_alone() {
    let backups = Backups::new();
    let mut hanging = start_hanging(&backups, SHELLS[0]);
    create_items(server(), "beside");
    backups.put("good.sql", &dump(server(), Some("beside")));
    backups.run(&["--restore", "good.sql"]).succeeds();
    assert_eq!(fs::read_dir(backups.scratch()).unwrap().count(), 1);
    assert!(backups.alive().iter().any(|it| it.name == "psql"));
    kill_process(Pid::from_child(&hanging), Signal::TERM).unwrap();
    end_of(&mut hanging);
    backups.assert_clean();
}

in_each_shell!(a_directory_that_is_taken_for_a_dead_ones_is_made_anew);

fn a_directory_that_is_taken_for_a_dead_ones_is_made_anew(shell: Shell) {
    create_items(server(), &format!("taken {}", shell.join(" ")));
    let backups = Backups::new();
    let dump = dump(server(), Some(&format!("taken {}", shell.join(" "))));
    backups.put("good.sql", &dump);
    fs::create_dir(backups.path("bin")).unwrap();
    let first = backups.path("first").display().to_string();
    shim(
        &backups.path("bin/mktemp"),
        &format!(
            "made=$(/usr/bin/mktemp \"$@\") && echo \"$made\"\n\
             [ -e '{first}' ] || {{ true >'{first}' && rmdir \"$made\"; }}"
        ),
    );
    let output = backups.command(shell, &["good.sql"]).run();
    assert_eq!(output.succeeds(), "");
    backups.assert_clean();
}

#[test]
fn a_restore_that_hangs_is_given_up() {
    let backups = Backups::new();
    backups.put("x.sql", &hanging("hangs"));
    let said = backups.refuses(&["--restore", "--time-limit", "5", "x.sql"]);
    assert!(
        said.contains("x.sql: not restored within 5 s (--time-limit)\n"),
        "{said}"
    );
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    create_items(server(), "head");
    let backups = Backups::new();
    backups.put("x.sql", &dump(server(), Some("head")));
    let mut command = backups.command(SHELLS[0], &["--restore", "x.sql", "x.sql", "x.sql"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert_eq!(output.said(), "");
    backups.assert_clean();
}

#[test]
fn a_server_that_does_not_start_or_ends_is_a_failure() {
    create_items(server(), "starts");
    let backups = Backups::new();
    let dump = dump(server(), Some("starts"));
    backups.put("x.sql", &with_trigger(&dump, "EXECUTE 'COPY item TO PROGRAM ''kill -9 $(head -n 1 /data/data/postmaster.pid)'''; RETURN NEW;"));
    let said = backups.refuses(&["--restore", "x.sql"]);
    assert!(
        said.contains("does not restore: ") || said.contains("ended before its end"),
        "{said}"
    );

    backups.put("x.sql", &dump);
    let real = &server().installation.bin;
    fs::create_dir_all(backups.path("pg/bin")).unwrap();
    for program in ["initdb", "psql", "pg_dump", "pg_dumpall"] {
        let path = backups.path("pg/bin").join(program);
        shim(&path, &format!("exec {}/{program} \"$@\"", real.display()));
    }
    let version = Command::new(real.join("postgres"))
        .arg("--version")
        .run()
        .printed();
    shim(
        &backups.path("pg/bin/postgres"),
        &format!(
            "case $1 in --version) echo '{}';; *) echo 'FATAL:  it may not' >&2; exit 1 ;; esac",
            version.trim()
        ),
    );
    let said = backups.refuses(&["--restore", "--pg-bin", "pg/bin", "x.sql"]);
    assert!(said.contains("FATAL:  it may not"), "{said}");
}

#[test]
fn too_little_room_is_no_proof() {
    if skipped_without_root("to mount a small disk") {
        return;
    }
    create_items(server(), "room");
    let backups = Backups::new();
    let dump = dump(server(), Some("room"));
    let table =
        "CREATE TABLE public.big AS SELECT repeat('x', 1000) FROM generate_series(1, 1000000)";
    let fill = format!("IF NEW.id = 1 THEN {table}; END IF; RETURN NEW;");
    for (size, sql, reason) in [
        (
            "size=200m",
            dump.clone(),
            "cannot be proven here: it takes about ",
        ),
        (
            "size=400m",
            with_trigger(&dump, &fill),
            "cannot be proven here: ",
        ),
    ] {
        let path = backups.put("x.sql", &sql);
        let disk = SmallDisk::mount(backups.scratch(), size);
        let command = backups.command(SHELLS[0], &["--restore", path.to_str().unwrap()]);
        let said = disk.command(&command).run().fails(1);
        assert!(said.contains(reason), "{said}");
        wait_for("nothing is left", Duration::from_secs(20), || {
            fs::read_dir(disk.path(backups.scratch())).unwrap().count() == 0
        });
    }
}
