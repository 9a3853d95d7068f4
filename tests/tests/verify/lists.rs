//! "A list of what a backup consists of", wherever it lies: what it says is held against the files beside it.

use crate::backups::{Backups, packed};
pub(crate) use cback_tests::LIST;
use cback_tests::{Finished, Run, assert_has};
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// The lines of a list on this file, made so many hours ago; sha256sum knows the format.
pub(crate) fn lines(backups: &Backups, file: &str, hours: u32) -> String {
    let (directory, name) = file.rsplit_once('/').unwrap();
    let made = "date -u -d \"-$0 hours\" '+# made %Y-%m-%dT%H:%M:%SZ'; sha256sum \"$1\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", made, &hours.to_string(), name]);
    shell.current_dir(backups.path(directory)).prints()
}

/// Makes a file look as if it had last been written so many hours ago.
pub(crate) fn make_old(file: impl AsRef<Path>, hours: u64) {
    let file = File::options().write(true).open(file).unwrap();
    let then = SystemTime::now() - Duration::from_secs(hours * 3600);
    file.set_modified(then).unwrap();
}

const START: &str = "# backups of PostgreSQL by cback-postgresql 0.3.0\n# begun 2026-11-30T02:30:00Z, ended 2026-11-30T02:31:07Z\n";

/// "On another machine it says which files there should be and how old they really are, which a copy's time does not".
#[test]
fn age_comes_from_the_list_and_a_file_of_it_that_is_gone_is_missing() {
    let (backups, dump) = Backups::of_items();
    let names = [
        "all/postgresqldump-x.txt",
        "all/postgresqldump-a\nb\\.txt.gz",
    ];
    backups.put(names[0], &dump);
    backups.put(names[1], &packed(&dump, "gzip"));
    let list = names.map(|name| lines(&backups, name, 30)).concat();
    let put_list = |bytes: &str| backups.put(&format!("all/{LIST}"), bytes.as_bytes());
    put_list(&format!("{START}{list}# files: 2\n"));
    for (operand, count) in [("all", 2), (names[0], 1)] {
        let printed = backups.proves(&["--max-age", "31", operand]);
        let are_old = printed.lines().filter(|it| it.ends_with(", 30 h old"));
        assert_eq!(are_old.count(), count, "{printed}");
        let said = backups.refuses(&["--max-age", "29", operand], "-x.txt: 30 hours old\n");
        let other = said.contains("/postgresqldump-a?b\\.txt.gz: 30 hours old\n");
        assert_eq!(other, count == 2, "{said}");
    }
    fs::remove_file(backups.path(names[1])).unwrap();
    let missing = "/postgresqldump-a?b\\.txt.gz: missing, and the list beside it has it\n";
    backups.refuses(&["all"], missing);
    // A file that somebody names is all that he asks about.
    backups.proves(&[names[0]]);
    let line = lines(&backups, names[0], 1);
    let failed = format!("{START}# failed: sh\top\n{line}# files: 1\n");
    put_list(&failed);
    let reason = format!("/{LIST}: when it was made the backup failed of sh?op\n");
    backups.refuses(&["all"], &reason);
    backups.proves(&[names[0]]);
    // Cut at the end of any of its lines, it would miss what came after.
    let lines: Vec<_> = failed.split_inclusive('\n').collect();
    for count in 1..lines.len() {
        put_list(&lines[..count].concat());
        let cut = format!("/{LIST}: cut: its last line, of how many files it has, is not there\n");
        backups.refuses(&[names[0]], &cut);
    }
}

/// "A file that is newer than its line means a run that did not end: whole, but said." One that is older than the list was
/// exchanged; where a file has no checksum of its own, nothing tells it from a damaged one.
#[test]
fn a_file_that_its_list_does_not_know_is_one_of_a_run_that_goes_on_or_refused() {
    let (backups, dump) = Backups::of_items();
    let other = String::from_utf8_lossy(&dump).replace("item 7", "item X");
    for (mode, suffix) in [("none", ""), ("gzip", ".gz"), ("bzip2", ".bz2")] {
        let file = format!("{mode}/postgresqldump-x.txt{suffix}");
        backups.put(&file, &packed(&dump, mode));
        let list = lines(&backups, &file, 30);
        let list = backups.put(&format!("{mode}/{LIST}"), list.as_bytes());
        let path = backups.put(&file, &packed(other.as_bytes(), mode));
        let told = "not the file that the list beside it has";
        make_old(&path, 1);
        for operand in [mode, &file] {
            backups.refuses(&[operand], &format!(": {told}\n"));
        }
        make_old(list, 20);
        if mode == "none" {
            backups.refuses(&[mode], &format!(": {told}\n"));
            continue;
        }
        make_old(&path, 0);
        let output = backups.run(&["--quiet", "--max-age", "1", mode]);
        let end = format!("{told}: made by a run that has not ended\n");
        assert!(output.succeeds().ends_with(&end), "{}", output.said());
    }
}

/// With `<separate>` a database that the globals leave out, as one with a line end in its name, is backed up all the same.
#[test]
fn what_only_the_list_of_a_separate_backup_has_is_what_the_configuration_means() {
    let (backups, dump) = Backups::of_items();
    backups.configure_separate();
    let files = ["a\nb", "gone"].map(|name| format!("collect/postgresqldump-{name}.txt.gz"));
    let list = files.each_ref().map(|file| {
        backups.put(file, &packed(&dump, "gzip"));
        lines(&backups, file, 5)
    });
    backups.put(&format!("collect/{LIST}"), list.concat().as_bytes());
    fs::remove_file(backups.path(&files[1])).unwrap();
    let output = backups.run(&["--config", "cback3.conf"]);
    let (said, printed) = (output.fails(1), output.printed());
    assert_has(&printed, "/postgresqldump-a?b.txt.gz: whole, ");
    assert!(printed.ends_with(" 5 h old\n"), "{printed}");
    assert_has(&said, "/postgresqldump-gone.txt.gz: missing\n");
    assert_has(&said, "/postgresqlglobals.txt.gz: missing\n");
    assert_has(&said, "not proven, 2 of 3:\n");
}

/// "Lists are read with bounded memory, hostile content never reaches a message raw"; nothing is waited for.
#[test]
fn a_list_that_is_none_is_refused_in_bounded_words() {
    let (backups, dump) = Backups::of_items();
    let file = "all/postgresqldump-x.txt";
    backups.put(file, &dump);
    let list = backups.path("all").join(LIST);
    let digest = "0".repeat(64);
    let long = format!("# failed: {}\u{1b}[31m\n", "x".repeat(100_000));
    let path = format!("#\n{digest}  postgresqldump-x/../../etc/x.txt\n");
    for (bytes, reason) in [
        ("x".repeat(2 << 20), "larger than 1 MiB"),
        (String::new(), "empty"),
        (long, "when it was made the backup failed of xxx"),
        (path, "line 2 is none of a list of backups"),
        (
            format!("{digest}  \u{1b}[31m.txt\n"),
            "line 1 is none of a list of backups",
        ),
        (
            "\0\0\u{80}".repeat(1000),
            "line 1 is none of a list of backups",
        ),
    ] {
        fs::write(&list, bytes).unwrap();
        let said = backups.refuses(&["all"], &format!("/{LIST}: {reason}"));
        assert!(said.len() < 2100 && !said.contains('\u{1b}'), "{said}");
    }
    // "Nothing of theirs goes into a message without a bound."
    let missing = (0..5000).map(|number| format!("{digest}  postgresqldump-{number}.txt\n"));
    for (bytes, end) in [
        ("# failed: x\n".repeat(5000), "and so on, 4900 times more"),
        (
            missing.collect(),
            "so are 4900 more that the list there has",
        ),
    ] {
        fs::write(&list, bytes).unwrap();
        let said = backups.refuses(&["all"], end);
        assert!(said.lines().count() < 210, "{said}");
    }
    let is_refused_as = |reason: &str| {
        for operand in ["all", file] {
            backups.refuses(&[operand], &format!("/{LIST}: {reason}\n"));
        }
    };
    fs::remove_file(&list).unwrap();
    mkfifoat(CWD, &list, Mode::RWXU).unwrap();
    is_refused_as("not a regular file");
    fs::remove_file(&list).unwrap();
    symlink("/dev/zero", &list).unwrap();
    is_refused_as("a symbolic link");
    fs::remove_file(&list).unwrap();
    fs::create_dir(&list).unwrap();
    is_refused_as("not a regular file");
}

/// "For directories named on the command line, the cost is that of the new": what is older is not read, unless a new list
/// has it, as one of a database that has failed since.
#[test]
fn of_a_directory_only_what_is_new_is_read() {
    let (backups, dump) = Backups::of_items();
    for file in ["postgresqldump-x.txt", LIST] {
        make_old(backups.put(&format!("all/1/{file}"), b"damaged"), 30);
    }
    let newer = ["--newer-than", "25", "all"];
    let none = "/all: there is no backup in it that is newer than 25 hours\n";
    backups.refuses(&newer, none);
    let files = ["new", "kept"].map(|it| format!("all/2/postgresqldump-{it}.txt"));
    let paths = files.each_ref().map(|file| backups.put(file, &dump));
    make_old(&paths[1], 30);
    assert_eq!(backups.proves(&newer).lines().count(), 1);
    let list = files.map(|it| lines(&backups, &it, 1)).concat();
    backups.put(&format!("all/2/{LIST}"), list.as_bytes());
    assert_eq!(backups.proves(&newer).lines().count(), 2);
    let older = ["--newer-than", "31", "all"];
    backups.refuses(&older, "/all/1/postgresqldump-x.txt: ");
}
