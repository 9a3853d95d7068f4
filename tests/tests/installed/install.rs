//! `scripts/install`: everything in its place, usable from there, and gone again.

use crate::{PROGRAMS, SCRIPTS, installer};
use cback_tests::{Finished, Run, Site, cback3, extension, server};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Wherever that is: cron's PATH does not name the prefix, and nothing lies beside cback3's module.
#[test]
fn every_file_has_its_place_where_cback3_runs_it_and_uninstalling_takes_exactly_these_away() {
    let mut site = Site::new();
    site.add_section(&extension("cback_postgresql"));
    site.configure("gzip", &["postgres"]);
    let prefix = site.path("prefix");
    let doc = prefix.join("share/doc/cback-postgresql");
    fs::create_dir_all(&doc).unwrap();
    let notes = doc.join("notes of the administrator");
    fs::write(&notes, "").unwrap();
    let before = listing(&prefix);
    let mut install = installer(&site.path(""));
    install.arg("--prefix").arg(&prefix);
    install.arg("--python-dir").arg(prefix.join("modules"));
    install.run().succeeds();

    let mut installed = listing(&prefix);
    installed.retain(|file| !before.contains(file));
    let are = |start: &str| installed.iter().filter(|it| it.starts_with(start)).count();
    let (programs, others) = (are("755 bin/cback-"), are("644 "));
    let all = (PROGRAMS.len() + SCRIPTS.len(), installed.len());
    assert_eq!((programs, programs + others), all, "{installed:?}");
    let cron = fs::read_to_string(doc.join("examples/cback-postgresql.cron")).unwrap();
    let named = format!(" {}/bin/cback-postgresql ", prefix.display());
    assert!(cron.contains(&named), "{cron}");

    let mut cback3 = cback3(&site, server());
    let path = format!("{}:/usr/bin:/bin", server().bin().display());
    cback3.env("PATH", path);
    cback3.env("PYTHONPATH", prefix.join("modules"));
    cback3.env_remove("PYTHONDONTWRITEBYTECODE");
    cback3.arg("postgresql").run().succeeds();
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt.gz"]);
    assert!(prefix.join("modules/__pycache__").exists());

    install.arg("--uninstall").run().succeeds();
    assert_eq!(listing(&prefix), before);
    fs::remove_file(notes).unwrap();
    install.run().succeeds();
    assert!(!doc.exists() && !prefix.join("modules/__pycache__").exists());
}

/// Mode and path of each file below `top`.
fn listing(top: &Path) -> Vec<String> {
    let mut find = Command::new("find");
    find.args([".", "-type", "f", "-printf", "%m %P\\n"]);
    let found = find.current_dir(top).prints();
    let mut files: Vec<_> = found.lines().map(str::to_owned).collect();
    files.sort();
    files
}

/// "Exit status: 0 done; 1 failed; 2 wrong usage." A prefix goes into a unit, a cron line and a Python string. Nor is
/// anything installed before it is built.
#[test]
fn wrong_usage_has_status_2_and_a_strange_prefix_is_refused() {
    let scratch = TempDir::new().unwrap();
    let destination = scratch.path().join("destination");
    fs::create_dir(&destination).unwrap();
    let mut install = installer(scratch.path());
    install.arg("--destdir").arg(&destination);
    install.env("CARGO_TARGET_DIR", "/nowhere");
    let said = install.run().fails(1);
    let last = "cargo build --release --locked first\n";
    assert!(said.ends_with(last), "{said}");
    install.env("CARGO_TARGET_DIR", scratch.path().join("target"));
    for prefix in ["usr", "/", "/a b", "/a&b", "/a|b", "/a%b", "/a\\b", "/a\"b"] {
        install.args(["--prefix", prefix]).run().fails(1);
    }
    install.arg("--no-such-option").run().fails(2);
    assert_eq!(listing(&destination), [""; 0]);
}
