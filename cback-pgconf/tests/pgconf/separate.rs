//! `<separate>` and `<exclude>`: which databases of a server are backed up, and what is said of the others.

use crate::{Outcome, SETTINGS, given, pgconf};
use cback_tests::run_with_input;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A configuration with `section`, a server with databases, and a `collect_dir`.
struct Night {
    top: TempDir,
    document: String,
}

impl Night {
    fn new(section: &str, listed: &[u8]) -> Self {
        let top = tempfile::tempdir().expect("room");
        fs::write(top.path().join("listed"), listed).expect("room");
        fs::create_dir(top.path().join("collect")).expect("room");
        let section = format!("<compress_mode>gzip</compress_mode>{section}");
        let document =
            format!("<cb_config>{SETTINGS}<postgresql>{section}</postgresql></cb_config>");
        Self { top, document }
    }

    /// The outcome with the server's databases; COLLECT in the arguments is the directory.
    fn listed(&self, arguments: &str) -> Outcome {
        let [list, collect] = ["listed", "collect"].map(|it| self.path(it).display().to_string());
        let arguments = arguments.replace("COLLECT", &collect);
        let arguments = format!("{arguments} --databases0-from {list}");
        given(&self.document, &arguments)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }
}

const SEPARATE: &str = "<all>Y</all><separate>Y</separate><exclude>no</exclude>";
const NAMED: &str = "<database>a</database><exclude>no</exclude>";
const ALL: &str = "<all>Y</all><exclude>no</exclude>";

/// "Every database of the server but the excluded, the largest first, and the globals."
#[test]
fn separate_means_the_servers_databases_but_the_excluded() {
    let night = Night::new(SEPARATE, b"b\0no\0a/\0l\ne\0");
    night.listed("databases -0").is(0, "b\0a/\0l\ne\0", "");
    let files = "/c/postgresqlglobals.txt.gz\0/c/postgresqldump-b.txt.gz\0\
        /c/postgresqldump-a%2F.txt.gz\0/c/postgresqldump-l\ne.txt.gz\0";
    night.listed("files -0").is(0, files, "");
    let shell = night.listed("shell").stdout;
    let expected = "all='Y'\nseparate='Y'\nglobals='N'\nset -- 'b' 'a/' 'l\ne'\nfile_all=''\n\
        file_globals='postgresqlglobals.txt.gz'\nfile_1='postgresqldump-b.txt.gz'\n\
        file_2='postgresqldump-a%2F.txt.gz'\nfile_3='postgresqldump-l\ne.txt.gz'\n";
    assert!(shell.ends_with(expected), "{shell}");
    // Without a list it is known that there are globals, and nothing of databases.
    given(&night.document, "files").is(0, "/c/postgresqlglobals.txt.gz\n", "");
    given(&night.document, "databases").is(0, "", "");
    // As Cedar takes it.
    let all = Night::new(ALL, b"b\0");
    all.listed("files").is(0, "/c/postgresqldump.txt.gz\n", "");
    // Named databases are put into the server's order; last come those that it has not.
    let named = "<database>c</database><database>?</database><database>a</database>";
    let named = Night::new(named, b"a\0x\0c\0");
    named.listed("databases").is(0, "a\nc\n?\n", "");
    given(&named.document, "databases").is(0, "c\n?\na\n", "");
}

/// "Two databases that would share a file are an error" of theirs: the others are backed up. "Any name PostgreSQL can
/// hold": bytes of no particular encoding.
#[test]
fn databases_that_would_share_a_file_have_none_and_names_are_bytes() {
    let night = Night::new(SEPARATE, b"a/b\0\xe9t\xe9\0a%2Fb\0no\0");
    let list = night.path("listed").display().to_string();
    let mut shell = pgconf(&["shell", "--databases0-from", &list]);
    let printed = run_with_input(&mut shell, night.document.as_bytes()).stdout;
    let expected = b"\nset -- 'a/b' '\xe9t\xe9' 'a%2Fb'\nfile_all=''\n\
        file_globals='postgresqlglobals.txt.gz'\nfile_1=''\n\
        file_2='postgresqldump-\xe9t\xe9.txt.gz'\nfile_3=''\n";
    assert!(printed.ends_with(expected), "{}", printed.escape_ascii());
}

/// The first six are a backup's.
const FILES: &str = "postgresqldump-a.txt.gz postgresqldump-no.txt.gz postgresqldump-a.txt \
    postgresqldump-.txt.bz2 postgresqldump.txt.gz postgresqlglobals.txt.gz \
    postgresqldump-a.txt.gz.old postgresqldump.sha256 my-postgresqldump.txt.gz cback.collect";
const SHARED: &str = "postgresqldump-a%2Fb.txt.gz";

/// Section, databases of the server, files, and the warning; `LEFT: ` stands for that on files.
#[rustfmt::skip]
const WARNINGS: &[(&str, &[u8], &str, &str)] = &[
    (NAMED, b"a\0no\0", "", ""),
    (NAMED, b"a\0l\ne\0no\0\xe9\0", "", "neither named nor excluded, so not backed up: \"l\\ne\", \"\u{fffd}\""),
    // All together or each by itself, none is forgotten.
    ("<all>Y</all>", b"a\0", "", ""),
    (SEPARATE, b"a\0no\0", "", ""),
    // initdb's own are not listed where they hold nothing.
    ("<database>a</database><exclude>gone</exclude><exclude>gone</exclude><exclude>postgres</exclude><exclude>template0</exclude>",
     b"a\0", "", "excluded, but the server has no such database to back up: \"gone\""),
    ("<all>Y</all><separate>Y</separate><exclude>gone</exclude><exclude>template1</exclude><exclude>a</exclude>",
     b"a\0", "", "excluded, but the server has no such database to back up: \"gone\""),
    // Dropped, renamed, taken out of the configuration, of another mode.
    (SEPARATE, b"a\0no\0", FILES, "LEFT: \"postgresqldump-.txt.bz2\", \"postgresqldump-a.txt\", \"postgresqldump-no.txt.gz\", \"postgresqldump.txt.gz\""),
    (NAMED, b"a\0no\0", FILES, "LEFT: \"postgresqldump-.txt.bz2\", \"postgresqldump-a.txt\", \"postgresqldump-no.txt.gz\", \"postgresqldump.txt.gz\", \"postgresqlglobals.txt.gz\""),
    (ALL, b"a\0no\0", FILES, "LEFT: \"postgresqldump-.txt.bz2\", \"postgresqldump-a.txt\", \"postgresqldump-a.txt.gz\", \"postgresqldump-no.txt.gz\", \"postgresqlglobals.txt.gz\""),
    // It is of something that is to be backed up.
    (SEPARATE, b"a/b\0a%2Fb\0no\0", SHARED, ""),
];

/// "Said in every run: databases of the server that the configuration neither names nor excludes; files of databases
/// that are gone."
#[test]
fn what_is_forgotten_excluded_for_nothing_or_left_is_said() {
    for (section, listed, files, warning) in WARNINGS {
        let night = Night::new(section, listed);
        for file in files.split_whitespace() {
            fs::write(night.path("collect").join(file), "").unwrap();
        }
        let left = "in collect_dir, but of nothing that is backed up any more: ";
        let warning = warning.replace("LEFT: ", left);
        let told = format!("cback-pgconf: standard input: warning: {warning}\n");
        let told = told.repeat(usize::from(!warning.is_empty()));
        let outcome = night.listed("forgotten --collect-dir COLLECT");
        outcome.is(0, "", &told);
    }
    // Where the server could not be asked, nothing is known of files that depend on it.
    let night = Night::new(SEPARATE, b"");
    fs::write(night.path("collect").join(SHARED), "").unwrap();
    let collect = night.path("collect").display().to_string();
    let forgotten = format!("forgotten --collect-dir {collect}");
    given(&night.document, &forgotten).is(0, "", "");
    given("<x/>", &forgotten).has_status(1);
    // Without --collect-dir the configuration's own is looked into.
    let missing = "cback-pgconf: /c: No such file or directory (os error 2)\n";
    night.listed("forgotten").is(1, "", missing);
}

/// "A total without a bound" would be a fault: two lines have the names, and the rest is counted.
#[test]
fn forgotten_names_fill_lines_and_the_rest_is_counted() {
    let names: Vec<_> = (0..60).map(|it| format!("{it:050}")).collect();
    let night = Night::new(NAMED, (names.join("\0") + "\0").as_bytes());
    let said = night.listed("forgotten --collect-dir COLLECT").stderr;
    let lines: Vec<_> = said.lines().collect();
    assert!(lines.iter().all(|line| line.len() < 620), "{said}");
    let shown = names.iter().filter(|name| said.contains(*name)).count();
    let more = format!("so not backed up: {} more", 60 - shown);
    assert!(shown > 15 && lines[2].ends_with(&more), "{said}");
}

/// "A database that appears or goes during the run is a message": of one that went a script learns its number.
#[test]
fn what_came_or_went_during_the_run_is_said() {
    let night = Night::new(SEPARATE, b"new\0a\0no\0");
    fs::write(night.path("before"), "a\0gone\0").unwrap();
    let before = night.path("before").display().to_string();
    let warnings = "cback-pgconf: standard input: warning: dropped or renamed during the run: \"gone\"\n\
        cback-pgconf: standard input: warning: created during the run, so not backed up: \"new\"\n";
    let forgotten = format!("forgotten --collect-dir COLLECT --backed-up0-from {before}");
    night.listed(&forgotten).is(0, "2\n", warnings);
}

/// No list is taken that breaks off.
#[test]
fn a_list_that_is_none_is_refused() {
    for (list, fault) in [
        (&b"a"[..], "the last name does not end in NUL"),
        (b"a\0\0", "a name is empty"),
        (b"\0", "a name is empty"),
    ] {
        let night = Night::new(SEPARATE, list);
        let path = night.path("listed").display().to_string();
        let expected = format!("cback-pgconf: {path}: {fault}\n");
        for command in ["shell", "files", "databases", "forgotten"] {
            night.listed(command).is(1, "", &expected);
        }
    }
    let endless = "shell --databases0-from /dev/zero";
    let expected = "cback-pgconf: /dev/zero: more than 64 MiB of names\n";
    given(Night::new(SEPARATE, b"").document, endless).is(1, "", expected);
}
