//! "`postgresqldump.sha256` is published last: a line for each file, in the format of `sha256sum`, with comment lines for
//! when, by what, what failed."

use crate::with_jobs;
use cback_tests::{Finished, LIST, Run, Shell, Site, in_each_shell, server};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::sync::LazyLock;
use std::time::SystemTime;

in_each_shell!(
    each_file_has_a_line_that_sha256sum_reads,
    what_has_failed_keeps_the_line_of_the_file_that_is_still_there,
    a_list_that_cannot_be_written_is_a_failure_that_leaves_the_backups,
);

/// Names that sha256sum escapes, and one with bytes that mean something to a shell's own parser.
const ODD: [&str; 3] = ["back\\slash Á\u{82}", "two\nlines \\", "return\rs"];

static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    for name in ODD {
        server().create_database(name);
    }
    ODD.into_iter().chain(["postgres"]).collect()
});

fn list(site: &Site) -> String {
    String::from_utf8(site.backup(LIST)).unwrap()
}

/// How many files the list has. Before each stands when it was made, and at the end how many there are, so that a list
/// that was cut at a line's end is not taken for a whole one.
#[track_caller]
fn entries(site: &Site) -> usize {
    let list = list(site);
    let lines: Vec<_> = list.lines().collect();
    let is_entry = |pair: &&[&str]| !pair[1].starts_with('#');
    for pair in lines.windows(2).filter(is_entry) {
        assert!(pair[0].starts_with("# made "), "{list}");
    }
    let number = lines.windows(2).filter(is_entry).count();
    let end = format!("\n# files: {number}\n");
    assert!(list.ends_with(&end), "{list}");
    number
}

/// [`entries`] of a list that its format's own program takes for right.
#[track_caller]
fn checked_entries(site: &Site) -> usize {
    let mut command = Command::new("sha256sum");
    command.args(["--check", "--strict", LIST]);
    command.current_dir(site.collect_dir()).run().succeeds();
    entries(site)
}

fn each_file_has_a_line_that_sha256sum_reads(shell: Shell) {
    let site = Site::new();
    let section = "<user>postgres</user><compress_mode>gzip</compress_mode><globals>Y</globals>";
    let names = NAMES.join("</database><database>").replace('\r', "&#13;");
    site.configure_section(&format!("{section}<database>{names}</database>"));
    with_jobs(&site, shell, 2).run().succeeds();
    let all = list(&site);
    let version = env!("CARGO_PKG_VERSION");
    let first = format!("# backups of PostgreSQL by cback-postgresql {version}\n# begun 2");
    let is_so = all.starts_with(&first) && !all.contains("# failed");
    assert!(is_so, "{all}");
    assert_eq!(checked_entries(&site), NAMES.len() + 1);
    assert_eq!(site.listing().len(), NAMES.len() + 1);
    let path = site.collect_dir().join(LIST);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    // A dry run and a trial leave it as it is.
    for option in [None, Some("--dry-run"), Some("--try")] {
        let before = fs::metadata(&path).unwrap().ino();
        site.command(server(), shell).args(option).run().succeeds();
        let is_the_same = fs::metadata(&path).unwrap().ino() == before;
        assert_eq!(is_the_same, option.is_some(), "{option:?}");
    }
}

fn what_has_failed_keeps_the_line_of_the_file_that_is_still_there(shell: Shell) {
    let mut site = Site::with("none", &NAMES);
    let run = |site: &Site| with_jobs(site, shell, 2).arg("-q").run();
    run(&site).succeeds();
    let yesterdays = list(&site).replace("# made 2", "# made 1");
    let path = site.collect_dir().join(LIST);
    fs::write(&path, &yesterdays).unwrap();
    fs::remove_file(site.collect_dir().join("postgresqldump-return\rs.txt")).unwrap();

    site.replace_pg_dump("[ \"$PGDATABASE\" = postgres ] || exit 1; exec pg_dump \"$@\"");
    site.configure("none", &NAMES);
    run(&site).fails(1);
    let todays = list(&site);
    for name in ["back\\slash Á\u{82}", "two?lines \\", "return?s"] {
        let line = format!("\n# failed: {name}\n");
        assert!(todays.contains(&line), "{todays}");
    }
    assert_eq!(checked_entries(&site), 3);
    assert_eq!(todays.matches("\n# made 1").count(), 2, "{todays}");

    // A file that was altered shows: it still has the line.
    let name = site.collect_dir().join("postgresqldump-two\nlines \\.txt");
    let time = fs::metadata(&name).unwrap().modified().unwrap();
    fs::write(&name, "harmed").unwrap();
    File::open(&name).unwrap().set_modified(time).unwrap();
    run(&site).fails(1);
    let again = list(&site);
    let kept = todays.find("\n# made 1").expect("one that failed");
    assert!(again.ends_with(&todays[kept..]), "{again}");

    // Where yesterday's list is missing, no list, of other files, or older than these, there is no line.
    let lines = yesterdays.replace("# made 1", "# made it ");
    let others = yesterdays.replace("postgresqldump", "postgresql");
    let longer = yesterdays.replace("  p", "0  p");
    let unlikely = yesterdays.replace("# made", "#made") + &"x".repeat(1 << 20);
    let all = [lines, others, longer, unlikely].concat();
    for text in [&all, "\0\n\n\\", "", &yesterdays] {
        fs::write(&path, text).unwrap();
        if text == yesterdays {
            let list = File::open(&path).unwrap();
            list.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        run(&site).fails(1);
        assert_eq!(entries(&site), 1, "{text}");
    }
    // Whoever owns the directory may lay anything in its place.
    for lay in ["ln -s /dev/zero", "mkfifo"] {
        fs::remove_file(&path).unwrap();
        let mut sh = Command::new("sh");
        sh.args(["-c", &format!("{lay} \"$0\"")]).arg(&path);
        sh.run().succeeds();
        run(&site).fails(1);
        assert!(path.symlink_metadata().unwrap().is_file());
    }
}

fn a_list_that_cannot_be_written_is_a_failure_that_leaves_the_backups(shell: Shell) {
    let mut site = Site::new();
    let path = site.collect_dir().join(LIST).display().to_string();
    site.replace_pg_dump(&format!("mkdir '{path}'; exec pg_dump \"$@\""));
    site.configure("none", &["postgres"]);
    let said = site.run(server(), shell).fails(1);
    let last = format!(
        "cback-postgresql: the list: cback-compress: {path}: Is a directory (os error 21)\n\
         cback-postgresql: {path} is yesterday's, or missing: today's cannot be written\n"
    );
    assert!(said.ends_with(&last), "{said}");
    assert!(fs::exists(site.collect_dir().join("postgresqldump-postgres.txt")).unwrap());
}
