//! Backups in directories of other accounts: "no path is followed through a link or a parent that somebody else
//! can change, nothing is opened there that can block or lead away, nothing of theirs takes memory without a bound".

use crate::backups::{Backups, NOBODY, create_items, dump, figure_of, packed, with_sql};
use cback_tests::{
    Finished, Run, SHELLS, Shell, in_background, in_each_shell, server, shim, skipped_without_root,
    wrapped,
};
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::process::Command;

/// "A link is followed where nobody but root and the caller can have laid it."
#[test]
fn no_link_is_followed_that_another_account_can_have_laid() {
    if skipped_without_root("to give links away") {
        return;
    }
    create_items(server(), "links");
    let backups = Backups::new();
    backups.put("real/x.sql", &dump(server(), Some("links")));
    fs::create_dir(backups.path("theirs")).unwrap();
    symlink(backups.path("real"), backups.path("ours")).unwrap();
    symlink("../real", backups.path("theirs/directory")).unwrap();
    symlink("../real/x.sql", backups.path("theirs/postgresqldump-x.txt")).unwrap();
    backups.proves(&["ours/x.sql", "./theirs/../real//x.sql"]);
    backups.proves(&["theirs/directory/x.sql", "theirs/postgresqldump-x.txt"]);
    chown(backups.path("theirs"), Some(NOBODY), None).unwrap();
    for name in ["directory/x.sql", "postgresqldump-x.txt"] {
        let said = backups.refuses(&["--restore", &format!("theirs/{name}")]);
        let component = name.split('/').next().unwrap();
        let reason = format!("theirs/{component} is a link that others may have laid\n");
        assert!(said.ends_with(&reason), "{said}");
    }
    let said = backups.refuses(&["theirs/"]);
    assert!(
        said.ends_with("/theirs/: there is no backup in it\n"),
        "{said}"
    );
    // Not the caller's own, either, where others may exchange it.
    let open = ["chmod", "o+w"].map(String::from);
    Command::new(&open[0])
        .arg(&open[1])
        .arg(backups.path("."))
        .run()
        .succeeds();
    backups.refuses(&["ours/x.sql"]);
}

/// "Nothing is opened there that can block": by name or by directory, be it exchanged at any moment.
#[test]
fn a_file_that_is_exchanged_for_a_fifo_or_a_link_blocks_nothing() {
    create_items(server(), "exchanged");
    let backups = Backups::new();
    let bytes = packed(&dump(server(), Some("exchanged")), "gzip");
    let file = backups.put("all/postgresqldump-x.txt.gz", &bytes);
    let shell = format!(
        "cd '{}' && mkfifo fifo && ln -s /dev/zero zero && while :; do \
         for other in fifo zero; do mv x kept; mv $other x; mv x $other; mv kept x; done; done",
        file.parent().unwrap().display()
    );
    let shell = shell.replace(" x", " postgresqldump-x.txt.gz");
    let mut exchange = in_background(Command::new("sh").args(["-c", &shell]));
    let mut seen = [0; 2];
    for number in 0..40 {
        let named = file.to_str().unwrap();
        let operand = ["all", named][number % 2];
        let output = backups.run(&["--time-limit", "100", operand]);
        let said = output.said();
        assert!(!said.contains("not read within"), "{said}");
        seen[usize::from(output.status.success())] += 1;
    }
    exchange.kill().unwrap();
    exchange.wait().unwrap();
    assert!(seen[0] > 0, "it was never exchanged: {seen:?}");
    let fifo = backups.path("fifos/postgresqldump-x.txt.gz");
    fs::create_dir(fifo.parent().unwrap()).unwrap();
    mkfifoat(CWD, &fifo, Mode::RWXU).unwrap();
    let said = backups.refuses(&["fifos", fifo.to_str().unwrap()]);
    assert_eq!(said.matches(": not a regular file\n").count(), 4, "{said}");
}

/// "Nothing is called proven that was not looked at": not the one that was restored, either.
#[test]
fn a_backup_that_is_replaced_while_it_is_proven_is_not_proven() {
    create_items(server(), "replaced");
    let backups = Backups::new();
    let dump = dump(server(), Some("replaced"));
    let file = backups.put("x.sql", &dump);
    let other = backups.put("other.sql", &dump);
    let replace = format!("mv '{}' '{}'", other.display(), file.display());
    backups.replace("bwrap", &format!("{replace}\nexec /usr/bin/bwrap \"$@\""));
    let said = backups.refuses(&["--restore", "x.sql"]);
    assert!(
        said.ends_with("x.sql: changed while it was being proven\n"),
        "{said}"
    );
}

in_each_shell!(a_directory_however_deep_and_names_however_odd_end_no_walk);

/// "A directory for all beneath it": one of 2,500 levels has a path that no program takes.
fn a_directory_however_deep_and_names_however_odd_end_no_walk(shell: Shell) {
    let name = format!("deep {}", shell.join(" "));
    create_items(server(), &name);
    let backups = Backups::new();
    let dump = dump(server(), Some(&name));
    for name in ["a\nb%0A%", "-rf", " 'x' \"$(false)\" \\", "\u{1}\u{1b}[31m"] {
        backups.put(&format!("all/{name}/postgresqldump-{name}.txt"), &dump);
    }
    let deep = "cd all && for n in $(seq 2500); do mkdir d && cd -P d || exit; \
                [ $n != 1200 ] || cp ../\"$1\" postgresqldump-middle.txt 2>/dev/null || cat <\"$1\" >postgresqldump-middle.txt; done; \
                cat <\"$1\" >postgresqldump-bottom.txt";
    let copy = backups.put("x.sql", &dump);
    let mut make = Command::new("dash");
    make.args(["-c", deep, "sh"])
        .arg(&copy)
        .current_dir(backups.path("."));
    make.run().succeeds();
    let output = backups.command(shell, &["all"]).run();
    let said = output.fails(1);
    assert!(said.lines().all(|line| line.len() < 2100), "{said}");
    let bottom = said.lines().filter(|line| line.contains("/d/d/d/")).count();
    assert_eq!(
        bottom,
        said.lines().filter(|it| !it.contains("not proven")).count(),
        "{said}"
    );
    assert_eq!(
        output.printed().matches(": whole, ").count(),
        5,
        "{}",
        output.printed()
    );
    assert!(!output.printed().contains('\u{1b}'));
    Command::new("rm")
        .arg("-rf")
        .arg(backups.path("all"))
        .run()
        .succeeds();
    backups.assert_clean();
}

/// "What is shown of others' words has a bound", and so has the memory that they take.
#[test]
fn an_error_of_200_megabytes_is_cut() {
    create_items(server(), "long");
    let backups = Backups::new();
    let long = "DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 200000000); END $$;";
    backups.put("x.sql", &with_sql(&dump(server(), Some("long")), long));
    let said = fs::File::create(backups.path("said")).unwrap();
    let mut command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    let mut child = command.stderr(said).spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let postgresql = ["postgres", "psql", "initdb", "pg_dump", "cback-pgdump"];
        let others = backups.alive().into_iter();
        for it in others.filter(|it| !postgresql.contains(&it.name.as_str())) {
            most = most.max(figure_of(&it, "VmHWM:"));
        }
    }
    let said = fs::read_to_string(backups.path("said")).unwrap();
    assert!(said.contains("x.sql: does not restore: "), "{said}");
    assert!(
        said.contains("ERROR:  xxxxxxxxxx") && said.len() < 2100,
        "{}",
        said.len()
    );
    assert!(most > 0 && most < 30_000, "{most} kB");
    backups.assert_clean();
}

/// What is removed is this program's own, on its own file system.
#[test]
fn what_is_mounted_in_a_dead_ones_directory_is_left_alone() {
    if skipped_without_root("to mount a directory") {
        return;
    }
    let backups = Backups::new();
    let kept = backups.put("kept/file", b"kept");
    let dead = backups.scratch().join("cback-pgverify.0123456789");
    fs::create_dir_all(dead.join("mounted")).unwrap();
    let mount = format!(
        "mount -t tmpfs tmpfs '{0}/mounted' && echo kept >'{0}/mounted/file' && \"$@\"; cp '{0}/mounted/file' '{1}'",
        dead.display(),
        kept.display()
    );
    fs::remove_file(&kept).unwrap();
    let command = backups.command(SHELLS[0], &["missing.gz"]);
    let outer = ["unshare", "--mount", "sh", "-c", &mount, "sh"];
    wrapped(&outer, &command).run();
    assert!(kept.is_file(), "it was removed");
    backups.refuses(&["missing.gz"]);
}

/// "A parent that somebody else may change" is no place for a restore.
#[test]
fn a_directory_that_others_may_change_is_no_place_for_a_restore() {
    let backups = Backups::new();
    let chmod = |mode: &str| {
        let mut chmod = Command::new("chmod");
        chmod.arg(mode).arg(backups.scratch()).run().succeeds();
    };
    chmod("777");
    let said = backups.refuses(&["missing.gz"]);
    assert!(
        said.contains("others may rename what is in it (TMPDIR)"),
        "{said}"
    );
    chmod("1777");
    let said = backups.refuses(&["missing.gz"]);
    assert!(said.ends_with("missing.gz: missing\n"), "{said}");
}

/// An empty part of PATH, or a dot, means the current directory: that is another account's.
#[test]
fn no_program_is_taken_from_a_directory_of_backups() {
    create_items(server(), "programs");
    let backups = Backups::new();
    backups.put(
        "all/postgresqldump-x.txt",
        &dump(server(), Some("programs")),
    );
    for program in ["find", "readlink", "stat", "timeout", "cback-compress"] {
        shim(&backups.path("all").join(program), "echo taken >&2; exit 1");
    }
    let command = backups.command(SHELLS[0], &["all"]);
    let dots = ["sh", "-c", "PATH=:.:$PATH exec \"$@\"", "sh"];
    assert_eq!(wrapped(&dots, &command).run().succeeds(), "");
}
