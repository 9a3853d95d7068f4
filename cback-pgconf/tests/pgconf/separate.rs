//! `<separate>` and `<exclude>`: which databases of a server are backed up, and what is said of the others.

use crate::{Outcome, SETTINGS, given};
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
        let top = tempfile::tempdir().expect("a directory");
        fs::write(top.path().join("listed"), listed).expect("room");
        fs::create_dir(top.path().join("collect")).expect("room");
        let section = format!("<compress_mode>gzip</compress_mode>{section}");
        let document =
            format!("<cb_config>{SETTINGS}<postgresql>{section}</postgresql></cb_config>");
        Self { top, document }
    }

    /// The outcome with the server's databases; PATH in the arguments is that of [`Self::path`].
    fn listed(&self, arguments: &str) -> Outcome {
        let list = self.path("listed").display().to_string();
        let collect = self.path("collect").display().to_string();
        let arguments = arguments.replace("COLLECT", &collect);
        given(
            &self.document,
            &format!("{arguments} --databases0-from {list}"),
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    /// Asserts what is warned of, beside these files.
    #[track_caller]
    fn warns(&self, files: &[&str], expected: &[&str]) {
        for file in files {
            fs::write(self.path("collect").join(file), "").expect("room");
        }
        let warnings = expected
            .iter()
            .map(|it| format!("cback-pgconf: standard input: warning: {it}\n"));
        let warnings: String = warnings.collect();
        let outcome = self.listed("forgotten --collect-dir COLLECT");
        outcome.is(0, "", &warnings);
    }
}

const SEPARATE: &str = "<all>Y</all><separate>Y</separate><exclude>no</exclude>";

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
    let all = Night::new("<all>Y</all><exclude>no</exclude>", b"b\0");
    all.listed("files").is(0, "/c/postgresqldump.txt.gz\n", "");
}

/// "For named databases too": those of the server in its order, and last those that it has not.
#[test]
fn named_databases_come_in_the_servers_order() {
    let named =
        "<database>c</database><database>?</database><database>a</database><database>b</database>";
    let night = Night::new(named, b"a\0x\0b\0c\0");
    night.listed("databases").is(0, "a\nb\nc\n?\n", "");
    given(&night.document, "databases").is(0, "c\n?\na\nb\n", "");
}

/// "Two databases that would share a file are an error" of theirs: the others are backed up.
#[test]
fn databases_that_would_share_a_file_have_none() {
    let night = Night::new(SEPARATE, b"a/b\0x\0a%2Fb\0no\0");
    let shell = night.listed("shell").stdout;
    let expected = "file_1=''\nfile_2='postgresqldump-x.txt.gz'\nfile_3=''\n";
    assert!(shell.ends_with(expected), "{shell}");
    // But the file is of something that is to be backed up.
    night.warns(&["postgresqldump-a%2Fb.txt.gz"], &[]);
}

/// "Any name PostgreSQL can hold": bytes of no particular encoding.
#[test]
fn a_name_in_another_encoding_keeps_its_bytes() {
    let night = Night::new(SEPARATE, b"\xe9t\xe9\0");
    let list = night.path("listed").display().to_string();
    let mut command = crate::pgconf(&["databases", "-0", "--databases0-from", &list]);
    let output = cback_tests::run_with_input(&mut command, night.document.as_bytes());
    assert_eq!(output.stdout, b"\xe9t\xe9\0");
    let mut command = crate::pgconf(&["shell", "--databases0-from", &list]);
    let output = cback_tests::run_with_input(&mut command, night.document.as_bytes());
    let file = b"\nfile_1='postgresqldump-\xe9t\xe9.txt.gz'\n";
    assert!(output.stdout.ends_with(file), "{:?}", output.stdout);
}

/// "Databases of the server that the configuration neither names nor excludes."
#[test]
fn what_is_neither_named_nor_excluded_is_forgotten() {
    let named = "<database>a</database><exclude>b</exclude>";
    Night::new(named, b"a\0b\0").warns(&[], &[]);
    let two = "neither named nor excluded, so not backed up: \"l\\ne\", \"\u{fffd}\"";
    Night::new(named, b"a\0l\ne\0b\0\xe9\0").warns(&[], &[two]);
    // All together or each by itself, none is forgotten.
    Night::new("<all>Y</all>", b"a\0").warns(&[], &[]);
    Night::new(SEPARATE, b"a\0no\0").warns(&[], &[]);
}

/// "A total without a bound" would be a fault: two lines have the names, and the rest is counted.
#[test]
fn forgotten_names_fill_lines_and_the_rest_is_counted() {
    let names: Vec<_> = (0..60).map(|it| format!("{it:050}")).collect();
    let night = Night::new(
        "<database>a</database>",
        (names.join("\0") + "\0").as_bytes(),
    );
    let said = night.listed("forgotten --collect-dir COLLECT").stderr;
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines.iter().all(|line| line.len() < 620), "{said}");
    let shown = names.iter().filter(|name| said.contains(*name)).count();
    let more = format!("so not backed up: {} more", 60 - shown);
    assert!(shown > 15 && lines[2].ends_with(&more), "{said}");
}

/// "A name that the server has not is a warning"; but initdb's own are not listed where they hold nothing.
#[test]
fn what_is_excluded_for_nothing_is_said() {
    let excluded = "<exclude>gone</exclude><exclude>gone</exclude><exclude>postgres</exclude>\
        <exclude>template0</exclude><exclude>template1</exclude><exclude>b</exclude>";
    let warning = "excluded, but the server has no such database to back up: \"gone\"";
    for section in [
        "<database>a</database>",
        "<all>Y</all><separate>Y</separate>",
    ] {
        Night::new(&format!("{section}{excluded}"), b"a\0b\0").warns(&[], &[warning]);
    }
}

/// "Files of databases that are gone": dropped, renamed, taken out of the configuration, of another mode.
#[test]
fn files_of_nothing_that_is_backed_up_are_named() {
    let files = [
        "postgresqldump-a.txt.gz",
        "postgresqldump-no.txt.gz",
        "postgresqldump-a.txt",
        "postgresqldump-.txt.bz2",
        "postgresqldump.txt.gz",
        "postgresqlglobals.txt.gz",
        // Not ours.
        "postgresqldump-a.txt.gz.old",
        "postgresqldump.sha256",
        "my-postgresqldump.txt.gz",
        "cback.collect",
    ];
    let warning = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
        let cause = "in collect_dir, but of nothing that is backed up any more: ";
        cause.to_owned() + &names.join(", ")
    };
    let [a, no, plain, bzip2, all, globals, ..] = files;
    let night = Night::new(SEPARATE, b"a\0no\0");
    night.warns(&files, &[&warning(&[bzip2, plain, no, all])]);
    let night = Night::new("<database>a</database><exclude>no</exclude>", b"a\0no\0");
    night.warns(&files, &[&warning(&[bzip2, plain, no, all, globals])]);
    let night = Night::new("<all>Y</all>", b"a\0no\0");
    night.warns(&files, &[&warning(&[bzip2, plain, a, no, globals])]);
    // Where the server could not be asked, nothing is known of files that depend on it.
    let night = Night::new(SEPARATE, b"");
    fs::write(night.path("collect").join(a), "").expect("room");
    let collect = night.path("collect").display().to_string();
    let forgotten = format!("forgotten --collect-dir {collect}");
    given(&night.document, &forgotten).is(0, "", "");
    given("<x/>", &forgotten).has_status(1);
    // Without --collect-dir the configuration's own is looked into.
    let missing = "cback-pgconf: /c: No such file or directory (os error 2)\n";
    night.listed("forgotten").is(1, "", missing);
}

/// "A database that appears or goes during the run is a message": of one that went a script learns its number.
#[test]
fn what_came_or_went_during_the_run_is_said() {
    let night = Night::new(SEPARATE, b"new\0a\0no\0");
    fs::write(night.path("before"), "a\0gone\0").expect("room");
    let before = night.path("before").display().to_string();
    let of_gone = night.path("collect").join("postgresqldump-gone.txt.gz");
    fs::write(of_gone, "").expect("room");
    let warning = |words| format!("cback-pgconf: standard input: warning: {words}\n");
    let dropped = warning("dropped or renamed during the run: \"gone\"");
    let created = warning("created during the run, so not backed up: \"new\"");
    let forgotten = format!("forgotten --collect-dir COLLECT --backed-up0-from {before}");
    night.listed(&forgotten).is(0, "2\n", &(dropped + &created));
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
