//! "No path is followed through a link or a parent that somebody else can change, nothing is opened there that can
//! block or lead away, nothing of theirs goes into a message or takes memory without a bound."

use crate::backups::{Backups, NOBODY, packed, with_sql};
use cback_tests::{
    Finished, Process, Run, SHELLS, Shell, assert_times, in_background, in_each_shell, shim,
    skipped_without_root, wrapped,
};
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::Command;

/// "A link is followed where nobody but root and the caller can have laid it."
#[test]
fn no_link_is_followed_that_another_account_can_have_laid() {
    if skipped_without_root("to give links away") {
        return;
    }
    let (backups, dump) = Backups::of_items();
    backups.put("real/x.sql", &dump);
    for directory in ["theirs", "ours"] {
        fs::create_dir(backups.path(directory)).unwrap();
        symlink("../real", backups.path(directory).join("directory")).unwrap();
    }
    symlink("../real/x.sql", backups.path("theirs/postgresqldump-x.txt")).unwrap();
    let named = ["theirs/directory/x.sql", "theirs/postgresqldump-x.txt"];
    backups.proves(&["ours/directory/x.sql", "./theirs/../real//x.sql"]);
    backups.proves(&named);
    chown(backups.path("theirs"), Some(NOBODY), None).unwrap();
    for (name, link) in named.iter().zip(["directory", "postgresqldump-x.txt"]) {
        let reason = format!("theirs/{link} is a link that others may have laid\n");
        backups.refuses(&["--restore", name], &reason);
    }
    backups.refuses(&["theirs/"], "/theirs/: there is no backup in it\n");
    // Not the caller's own, either, where others may exchange it.
    let open = fs::Permissions::from_mode(0o757);
    fs::set_permissions(backups.path("ours"), open).unwrap();
    let reason = "ours/directory is a link that others may have laid";
    backups.refuses(&["ours/directory/x.sql"], reason);
}

/// Files, and the directories that they are in, exchanged at any moment, in any shell.
#[test]
fn what_is_exchanged_for_a_fifo_or_a_link_neither_blocks_nor_leads_away() {
    let (backups, dump) = Backups::of_items();
    let other = String::from_utf8_lossy(&dump).replace("item", "secret");
    // Long paths, so that much time is between the first look at a directory and its use.
    let name = format!("{}postgresqldump-x.txt.gz", "d/".repeat(300));
    backups.put(&format!("secret/{name}"), &packed(other.as_bytes(), "gzip"));
    let file = backups.put(&format!("all/day/{name}"), &packed(&dump, "gzip"));
    if rustix::process::geteuid().is_root() {
        chown(backups.path("all"), Some(NOBODY), None).unwrap();
    }
    let exchange = "cd all && mkfifo fifo && ln -s /dev/zero zero && ln -s ../secret link
        while kill -0 $PPID; do
            mv day kept; mv link day; mv day link; mv kept day
            for other in fifo zero; do
                mv day/$file other; mv $other day/$file; mv day/$file $other; mv other day/$file
            done
        done";
    let mut shell = Command::new("sh");
    shell.args(["-c", exchange]).env("file", name);
    let mut exchange = in_background(shell.current_dir(backups.path(".")));
    let mut ends = [0; 2];
    // Until both have been seen: that it was there, and that it was exchanged.
    for number in 0.. {
        if number > 20 && ends[0] > 0 && ends[1] > 0 {
            break;
        }
        assert!(number < 1000, "never exchanged, or never there: {ends:?}");
        let operand = ["all", file.to_str().unwrap()][number % 2];
        let arguments = ["-v", "--time-limit", "100", operand];
        let shell = SHELLS[number % SHELLS.len()];
        let output = backups.command(shell, &arguments).run();
        let (said, printed) = (output.said(), output.printed());
        assert!(!said.contains("not read within"), "{said}");
        assert!(!printed.contains("secret"), "{printed}");
        ends[usize::from(output.status.success())] += 1;
    }
    exchange.kill().unwrap();
    exchange.wait().unwrap();

    let fifo = backups.path("fifos/postgresqldump-x.txt.gz");
    fs::create_dir(backups.path("fifos")).unwrap();
    mkfifoat(CWD, &fifo, Mode::RWXU).unwrap();
    for operand in ["fifos", fifo.to_str().unwrap()] {
        backups.refuses(&[operand], ": not a regular file\n");
    }
}

/// "Nothing is called proven that was not looked at": not the one that was restored, either.
#[test]
fn a_backup_that_is_replaced_while_it_is_proven_is_not_proven() {
    let (backups, dump) = Backups::of_items();
    backups.put("other.sql", &dump);
    let place = backups.path(".").display().to_string();
    let replace = format!("mv {place}/other.sql {place}/x.sql\nexec /usr/bin/bwrap \"$@\"");
    backups.replace("bwrap", &replace);
    let reason = "x.sql: changed while it was being proven\n";
    backups.refuses(&["--restore", "x.sql"], reason);
}

in_each_shell!(a_directory_however_deep_and_names_however_odd_end_no_walk);

/// "A directory for all beneath it": one of 2,400 levels has a path that no program takes, and stands for all in it.
fn a_directory_however_deep_and_names_however_odd_end_no_walk(shell: Shell) {
    let (backups, dump) = Backups::of_items();
    for name in ["a\nb%0A%", "-rf", " 'x' \"$(false)\" \\", "\u{1}\u{1b}[31m"] {
        backups.put(&format!("all/{name}/postgresqldump-{name}.txt"), &dump);
    }
    let deep = "cd all && deep=$(printf 'd/%.0s' $(seq 1200)) &&
        for name in middle bottom; do
            mkdir -p $deep && cd -P $deep && cat <\"$1\" >postgresqldump-$name.txt &&
                cp postgresqldump-$name.txt postgresqldump-too.txt || exit
        done";
    let mut make = Command::new("dash");
    make.args(["-c", deep, "sh"]).arg(backups.path("x.sql"));
    make.current_dir(backups.path(".")).run().succeeds();
    let output = backups.command(shell, &["all"]).run();
    let said = output.fails(1);
    // Told when it is found, and again in the end.
    assert_times(&said, 2, ": its path is too long\n");
    assert!(said.lines().count() == 3 && said.len() < 3000, "{said}");
    let printed = output.printed();
    assert_times(&printed, 6, ": whole, ");
    assert!(!printed.contains('\u{1b}'), "{printed}");
    let all = backups.path("all");
    Command::new("rm").arg("-rf").arg(all).run().succeeds();
    backups.assert_clean();
}

/// "An error of 200 MB went through the shell": it is cut, and nothing but PostgreSQL's programs holds it.
#[test]
fn an_error_of_200_megabytes_is_cut() {
    let (backups, dump) = Backups::of_items();
    let long = "DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 200000000); END $$;";
    backups.put("x.sql", &with_sql(&dump, long));
    let said = fs::File::create(backups.path("said")).unwrap();
    let mut command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    let mut child = command.stderr(said).spawn().unwrap();
    let mut most = 0;
    let peak = |of: &Process| {
        let status = format!("/proc/{}/status", of.pid.as_raw_pid());
        let status = fs::read_to_string(status).unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
        let number = line.and_then(|it| it.split_whitespace().next());
        number.map_or(0, |it| it.parse().unwrap())
    };
    while child.try_wait().unwrap().is_none() {
        let postgresql = ["postgres", "psql", "initdb", "pg_dump", "cback-pgdump"];
        let mut others = backups.alive();
        others.retain(|it| !postgresql.contains(&it.name.as_str()));
        most = others.iter().map(peak).fold(most, usize::max);
    }
    let said = fs::read_to_string(backups.path("said")).unwrap();
    let is_told = said.contains("x.sql: does not restore: ") && said.contains("ERROR:  xxxxxxxxxx");
    assert!(is_told && said.len() < 2100, "{}: {said:.2000}", said.len());
    assert!(most > 0 && most < 30_000, "{most} kB");
    backups.assert_clean();
}

/// Nothing is removed but this program's own, on its own file system.
#[test]
fn what_is_mounted_in_a_dead_ones_directory_is_left_alone() {
    if skipped_without_root("to mount a directory") {
        return;
    }
    let (backups, _) = Backups::of_items();
    let dead = backups.scratch().join("cback-pgverify.0123456789");
    fs::create_dir_all(dead.join("mounted")).unwrap();
    let mount = "cd \"$0/mounted\" && mount -t tmpfs tmpfs . && cd \"$0/mounted\" && echo kept >kept && \"$@\" && cat kept";
    let command = backups.command(SHELLS[0], &["-q", backups.path("x.sql").to_str().unwrap()]);
    let dead = dead.to_str().unwrap();
    let outer = ["unshare", "--mount", "sh", "-c", mount, dead];
    assert_eq!(wrapped(&outer, &command).prints(), "kept\n");
    backups.proves(&["x.sql"]);
}

/// "A parent that somebody else may change is refused": as a place for restores, or above it.
#[test]
fn a_directory_that_others_may_change_is_no_place_for_a_restore() {
    let (backups, _) = Backups::of_items();
    for place in [backups.scratch(), backups.path(".")] {
        let place = place.canonicalize().unwrap();
        let allow = |mode| fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
        allow(0o777);
        let reason = "is another account's, or others may rename what is in it (TMPDIR)\n";
        backups.refuses(&["x.sql"], &format!("{} {reason}", place.display()));
        allow(0o1777);
        backups.proves(&["x.sql"]);
    }
}

/// An empty part of PATH, or a dot, means the current directory: that is another account's.
#[test]
fn no_program_is_taken_from_a_directory_of_backups() {
    let (backups, dump) = Backups::of_items();
    backups.put("all/postgresqldump-x.txt", &dump);
    for program in ["find", "readlink", "stat", "timeout", "cback-compress"] {
        let taken = "echo taken >&2; exit 1";
        shim(&backups.path("all").join(program), taken);
    }
    let command = backups.command(SHELLS[0], &["all"]);
    let dots = ["sh", "-c", "PATH=:.:$PATH exec \"$@\"", "sh"];
    assert_eq!(wrapped(&dots, &command).run().succeeds(), "");
}

/// flock(1) creates the file that it is given by name, follows a link to it, and waits for a FIFO.
#[test]
fn nothing_is_locked_by_its_name() {
    let (backups, _) = Backups::of_items();
    fs::create_dir(backups.scratch().join("cback-pgverify.0123456789")).unwrap();
    let log = backups.path("locked by name");
    let flock = format!(
        "for it; do case $it in -n | [0-9]) ;; *) echo \"$*\" >>'{}' ;; esac; done\n\
         exec /usr/bin/flock \"$@\"",
        log.display()
    );
    backups.replace("flock", &flock);
    backups.proves(&["x.sql"]);
    backups.assert_clean();
    assert!(!log.exists(), "{:?}", fs::read_to_string(log));
}
