//! "`postgresqldump.sha256` is published last: a line for each file, in the format of `sha256sum`, with comment lines for
//! when, by what, what failed."

use crate::with_jobs;
use cback_tests::{Finished, LIST, Run, Shell, Site, in_each_shell, server};
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
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

/// The lines of the format's own program for all that lies beside the list, in no order.
fn sha256sum(site: &Site) -> Vec<String> {
    let script = "sha256sum -- postgresqldump*.txt* postgresqlglobals.txt*";
    let mut command = Command::new("bash");
    command.args(["-O", "nullglob", "-c", script]);
    let lines = command.current_dir(site.collect_dir()).prints();
    sorted(lines.lines())
}

fn sorted<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// A time as `2026-11-30T02:30:01Z`.
fn is_time(text: &str) -> bool {
    let digits = text.replace(|it: char| it.is_ascii_digit(), "9");
    digits == "9999-99-99T99:99:99Z"
}

/// The lines of the files; before each stands when it was made, and at the end how many there are, so that a list that
/// was cut at a line's end is not taken for a whole one.
#[track_caller]
fn entries(list: &str) -> Vec<String> {
    let lines: Vec<_> = list.lines().collect();
    let is_entry = |line: &&&str| !line.starts_with('#');
    let made = lines.windows(2).filter(|pair| is_entry(&&pair[1]));
    for pair in made {
        let time = pair[0].strip_prefix("# made ");
        assert!(time.is_some_and(is_time), "{list}");
    }
    let entries = sorted(lines.iter().filter(is_entry).copied());
    assert!(
        list.ends_with(&format!("\n# files: {}\n", entries.len())),
        "{list}"
    );
    entries
}

fn each_file_has_a_line_that_sha256sum_reads(shell: Shell) {
    let site = Site::new();
    for mode in ["none", "gzip"] {
        let names = NAMES
            .iter()
            .map(|name| format!("<database>{name}</database>"));
        let names: String = names.collect::<String>().replace('\r', "&#13;");
        let mode = format!("<compress_mode>{mode}</compress_mode><globals>Y</globals>");
        site.configure_section(&format!("<user>postgres</user>{mode}{names}"));
        with_jobs(&site, shell, 2).run().succeeds();
        let list = list(&site);
        let [by, when, ..] = list.lines().collect::<Vec<_>>()[..] else {
            panic!("{list}");
        };
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!("# backups of PostgreSQL by cback-postgresql {version}");
        assert_eq!(by, expected);
        let times = when.strip_prefix("# begun ").unwrap().split(", ended ");
        assert!(
            times.clone().count() == 2 && times.clone().all(is_time),
            "{when}"
        );
        assert!(times.is_sorted(), "{when}");
        assert!(!list.contains("# failed"), "{list}");
        assert_eq!(entries(&list), sha256sum(&site));
        assert_eq!(site.listing().len(), NAMES.len() + 1);
        let stat = fs::metadata(site.collect_dir().join(LIST)).unwrap();
        assert_eq!(stat.mode() & 0o7777, 0o600);
        for name in site.listing() {
            fs::remove_file(site.collect_dir().join(name)).unwrap();
        }
    }
    // A dry run and a trial leave it as it is.
    site.configure("gzip", &["postgres"]);
    for option in [None, Some("--dry-run"), Some("--try")] {
        let before = fs::metadata(site.collect_dir().join(LIST)).unwrap().ino();
        site.command(server(), shell).args(option).run().succeeds();
        let after = fs::metadata(site.collect_dir().join(LIST)).unwrap().ino();
        assert_eq!(before == after, option.is_some(), "{option:?}");
        assert_eq!(entries(&list(&site)), sha256sum(&site));
    }
}

fn what_has_failed_keeps_the_line_of_the_file_that_is_still_there(shell: Shell) {
    let mut site = Site::with("none", &NAMES);
    let run = |site: &Site| with_jobs(site, shell, 2).arg("-q").run();
    run(&site).succeeds();
    let yesterdays = list(&site).replace("# made 2", "# made 1");
    let put = |site: &Site, text: &str| fs::write(site.collect_dir().join(LIST), text).unwrap();
    put(&site, &yesterdays);
    fs::remove_file(site.collect_dir().join("postgresqldump-return\rs.txt")).unwrap();

    site.replace_pg_dump("[ \"$PGDATABASE\" = postgres ] || exit 1; exec pg_dump \"$@\"");
    site.configure("none", &NAMES);
    run(&site).fails(1);
    let todays = list(&site);
    for name in ["back\\slash Á\u{82}", "two?lines \\", "return?s"] {
        assert!(
            todays.contains(&format!("\n# failed: {name}\n")),
            "{todays}"
        );
    }
    assert_eq!(entries(&todays), sha256sum(&site));
    assert_eq!(todays.matches("\n# made 1").count(), 2, "{todays}");
    assert_eq!(todays.matches("\n# made 2").count(), 1, "{todays}");

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
    for text in [&all, "\0\n\n\\", ""] {
        put(&site, text);
        run(&site).fails(1);
        assert_eq!(entries(&list(&site)).len(), 1, "{text}");
    }
    put(&site, &yesterdays);
    let list_file = File::open(site.collect_dir().join(LIST)).unwrap();
    list_file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    run(&site).fails(1);
    assert_eq!(entries(&list(&site)).len(), 1);
    // Whoever owns the directory may lay anything in its place.
    let path = site.collect_dir().join(LIST);
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    run(&site).fails(1);
    fs::remove_file(&path).unwrap();
    Command::new("mkfifo").arg(&path).run().succeeds();
    run(&site).fails(1);
    assert!(path.symlink_metadata().unwrap().is_file());
}

fn a_list_that_cannot_be_written_is_a_failure_that_leaves_the_backups(shell: Shell) {
    let mut site = Site::with("none", &["postgres"]);
    let path = site.collect_dir().join(LIST).display().to_string();
    fs::create_dir(&path).unwrap();
    let said = site.run(server(), shell).fails(1);
    assert_eq!(said, format!("cback-postgresql: {path} is a directory\n"));
    fs::remove_dir(&path).unwrap();

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
