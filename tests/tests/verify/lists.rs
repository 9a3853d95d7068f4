//! "A list of what a backup consists of", wherever it lies: what it says is held against the files beside it.

use crate::backups::{Backups, packed};
use cback_tests::{Finished, Random, Run, Site, seeds};
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, SystemTime};

pub(crate) const LIST: &str = "postgresqldump.sha256";

/// How long ago, in UTC, as the list writes it.
pub(crate) fn hours_ago(hours: u32) -> String {
    let then = format!("-{hours} hours");
    let mut date = Command::new("date");
    let printed = date
        .args(["-u", "-d", &then, "+%Y-%m-%dT%H:%M:%SZ"])
        .prints();
    printed.trim_end().to_owned()
}

/// The lines of a list on this file, made so many hours ago; sha256sum knows the format.
pub(crate) fn lines(backups: &Backups, file: &str, hours: u32) -> String {
    let (directory, name) = file.rsplit_once('/').unwrap();
    let mut sha256sum = Command::new("sha256sum");
    sha256sum.arg(name).current_dir(backups.path(directory));
    format!("# made {}\n{}", hours_ago(hours), sha256sum.prints())
}

const START: &str = "# backups of PostgreSQL by cback-postgresql 0.3.0\n# begun 2026-11-30T02:30:00Z, ended 2026-11-30T02:31:07Z\n";

/// "On another machine it says which files there should be and how old they really are, which a copy's time does not";
/// it gives mode none a checksum.
#[test]
fn age_comes_from_the_list_and_a_file_of_it_that_is_gone_is_missing() {
    let (backups, dump) = Backups::of_items();
    let names = ["postgresqldump-x.txt", "postgresqldump-a\nb\\.txt.gz"];
    backups.put("all/postgresqldump-x.txt", &dump);
    backups.put(&format!("all/{}", names[1]), &packed(&dump, "gzip"));
    let list: String = names
        .map(|name| lines(&backups, &format!("all/{name}"), 30))
        .concat();
    let list = format!("{START}{list}# files: 2\n");
    backups.put(&format!("all/{LIST}"), list.as_bytes());
    for operand in ["all", "all/postgresqldump-x.txt"] {
        let printed = backups.proves(&["--max-age", "31", operand]);
        assert_eq!(
            printed.lines().count(),
            if operand == "all" { 2 } else { 1 }
        );
        assert!(
            printed.lines().all(|it| it.ends_with(", 30 h old")),
            "{printed}"
        );
        let said = backups.refuses(&["--max-age", "29", operand], "-x.txt: 30 hours old\n");
        assert!(
            operand != "all" || said.contains("/postgresqldump-a?b\\.txt.gz: 30 hours old\n"),
            "{said}"
        );
    }
    fs::remove_file(backups.path("all").join(names[1])).unwrap();
    backups.refuses(
        &["all"],
        "/postgresqldump-a?b\\.txt.gz: missing, and the list beside it has it\n",
    );
    // A file that somebody names is all that he asks about.
    backups.proves(&["all/postgresqldump-x.txt"]);
    let failed = format!(
        "{START}# failed: sh\top\n{}# files: 1\n",
        lines(&backups, "all/postgresqldump-x.txt", 1)
    );
    backups.put(&format!("all/{LIST}"), failed.as_bytes());
    backups.refuses(
        &["all"],
        &format!("/{LIST}: when it was made the backup failed of sh?op\n"),
    );
    backups.proves(&["all/postgresqldump-x.txt"]);
    // Cut at the end of any of its lines, it would miss what came after.
    let lines: Vec<_> = failed.split_inclusive('\n').collect();
    for count in 1..lines.len() {
        backups.put(&format!("all/{LIST}"), lines[..count].concat().as_bytes());
        let cut = format!("/{LIST}: cut: its last line, of how many files it has, is not there\n");
        backups.refuses(&["all/postgresqldump-x.txt"], &cut);
    }
}

/// "A file that is newer than its line means a run that did not end: whole, but said." One that is older than the list was
/// exchanged; where a file has no checksum of its own, nothing tells it from a damaged one.
#[test]
fn a_file_that_its_list_does_not_know_is_one_of_a_run_that_goes_on_or_refused() {
    let (backups, dump) = Backups::of_items();
    let other = String::from_utf8(dump.clone())
        .unwrap()
        .replace("item 7", "item X");
    for (name, mode) in [
        ("x.txt", "none"),
        ("x.txt.gz", "gzip"),
        ("x.txt.bz2", "bzip2"),
    ] {
        let file = format!("{mode}/postgresqldump-{name}");
        backups.put(&file, &packed(&dump, mode));
        let list = lines(&backups, &file, 30);
        backups.put(&format!("{mode}/{LIST}"), list.as_bytes());
        backups.put(&file, &packed(other.as_bytes(), mode));
        let told = "not the file that the list beside it has";
        let changed = |hours: u64| {
            let file = File::options().write(true).open(backups.path(&file));
            let then = SystemTime::now() - Duration::from_secs(hours * 3600);
            file.unwrap().set_modified(then).unwrap();
        };
        changed(1);
        for operand in [mode, &file] {
            backups.refuses(&[operand], &format!(": {told}\n"));
        }
        let list = File::options()
            .write(true)
            .open(backups.path(mode).join(LIST));
        let yesterday = SystemTime::now() - Duration::from_secs(20 * 3600);
        list.unwrap().set_modified(yesterday).unwrap();
        if mode == "none" {
            backups.refuses(&[mode], &format!(": {told}\n"));
            continue;
        }
        changed(0);
        let output = backups.run(&["--quiet", "--max-age", "1", mode]);
        let said = output.succeeds();
        assert!(
            said.ends_with(&format!("{told}: made by a run that has not ended\n")),
            "{said}"
        );
    }
}

/// With `<separate>` a database that the globals leave out, as one with a line end in its name, is backed up all the same.
#[test]
fn what_only_the_list_of_a_separate_backup_has_is_what_the_configuration_means() {
    let (backups, dump) = Backups::of_items();
    let site = Site::new();
    let section = "<user>postgres</user><compress_mode>gzip</compress_mode><all>Y</all>";
    site.configure_section(&format!("{section}<separate>Y</separate>"));
    let files = ["a\nb", "gone"].map(|name| format!("postgresqldump-{name}.txt.gz"));
    let list = files.clone().map(|file| {
        let path = backups.put(&format!("all/{file}"), &packed(&dump, "gzip"));
        fs::copy(path, site.collect_dir().join(&file)).unwrap();
        lines(&backups, &format!("all/{file}"), 5)
    });
    fs::write(site.collect_dir().join(LIST), list.concat()).unwrap();
    fs::remove_file(site.collect_dir().join(&files[1])).unwrap();
    let output = backups.run(&["--config", site.config().to_str().unwrap()]);
    let said = output.fails(1);
    let printed = output.printed();
    assert!(
        printed.contains("/postgresqldump-a?b.txt.gz: whole, ") && printed.ends_with(" 5 h old\n"),
        "{printed}"
    );
    for file in [&files[1], "postgresqlglobals.txt.gz"] {
        assert!(said.contains(&format!("/{file}: missing\n")), "{said}");
    }
    assert!(said.contains("not proven, 2 of 3:\n"), "{said}");
}

/// Each in a file of its own, in one run.
#[test]
fn no_bit_turned_in_a_file_of_mode_none_passes_beside_its_list() {
    let (backups, dump) = Backups::of_items();
    let mut list = String::new();
    let mut count = 0;
    for seed in seeds(12) {
        let mut random = Random::new(seed);
        let at = usize::try_from(random.below(dump.len() as u64)).unwrap();
        let file = format!("all/postgresqldump-{seed}.txt");
        backups.put(&file, &dump);
        list += &lines(&backups, &file, 1);
        let mut turned = dump.clone();
        turned[at] ^= 1 << random.below(8);
        backups.put(&file, &turned);
        count += 1;
    }
    backups.put(&format!("all/{LIST}"), list.as_bytes());
    let output = backups.run(&["--jobs", "4", "all"]);
    let said = output.fails(1);
    assert_eq!(output.printed(), "");
    assert!(
        said.contains(&format!("not proven, {count} of {count}:\n")),
        "{said}"
    );
}

/// "Lists are read with bounded memory, hostile content never reaches a message raw"; nothing is waited for.
#[test]
fn a_list_that_is_none_is_refused_in_bounded_words() {
    let (backups, dump) = Backups::of_items();
    backups.put("all/postgresqldump-x.txt", &dump);
    let list = backups.path("all").join(LIST);
    let digest = "0".repeat(64);
    for (bytes, reason) in [
        ("x".repeat(2 << 20), "larger than 1 MiB"),
        (String::new(), "empty"),
        (
            format!("# failed: {}\u{1b}[31m\n", "x".repeat(100_000)),
            "the backup failed of xxx",
        ),
        (
            format!("#\n{digest}  postgresqldump-x/../../etc/x.txt\n"),
            "line 2 is none of a list of backups",
        ),
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
        let said = backups.refuses(&["all"], &format!("/{LIST}: "));
        assert!(
            said.contains(reason) && said.len() < 2100 && !said.contains('\u{1b}'),
            "{said}"
        );
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
    fs::remove_file(&list).unwrap();
    let refuses = |reason: &str| {
        for operand in ["all", "all/postgresqldump-x.txt"] {
            backups.refuses(&[operand], &format!("/{LIST}: {reason}\n"));
        }
    };
    mkfifoat(CWD, &list, Mode::RWXU).unwrap();
    refuses("not a regular file");
    fs::remove_file(&list).unwrap();
    symlink("/dev/zero", &list).unwrap();
    refuses("a symbolic link");
    fs::remove_file(&list).unwrap();
    fs::create_dir(&list).unwrap();
    refuses("not a regular file");
}

/// "For directories named on the command line, the cost is that of the new": what is older is not read, unless a new list
/// has it, as one of a database that has failed since.
#[test]
fn of_a_directory_only_what_is_new_is_read() {
    let (backups, dump) = Backups::of_items();
    let old = |file: &str| {
        let file = File::options()
            .write(true)
            .open(backups.path(file))
            .unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(30 * 3600))
            .unwrap();
    };
    backups.put("all/1/postgresqldump-x.txt", b"damaged");
    backups.put(&format!("all/1/{LIST}"), b"damaged");
    for file in ["all/1/postgresqldump-x.txt", &format!("all/1/{LIST}")] {
        old(file);
    }
    let newer = ["--newer-than", "25", "all"];
    backups.refuses(
        &newer,
        "/all: there is no backup in it that is newer than 25 hours\n",
    );
    backups.put("all/2/postgresqldump-new.txt", &dump);
    backups.put("all/2/postgresqldump-kept.txt", &dump);
    old("all/2/postgresqldump-kept.txt");
    assert_eq!(backups.proves(&newer).lines().count(), 1);
    let list =
        ["new", "kept"].map(|it| lines(&backups, &format!("all/2/postgresqldump-{it}.txt"), 1));
    backups.put(&format!("all/2/{LIST}"), list.concat().as_bytes());
    assert_eq!(backups.proves(&newer).lines().count(), 2);
    backups.refuses(
        &["--newer-than", "31", "all"],
        "/all/1/postgresqldump-x.txt: ",
    );
}
