//! `scripts/install`: everything in its place, usable from there, and gone again.

use crate::{PROGRAMS, SCRIPTS, installer};
use cback_tests::{Finished, Run, Site, cback3, extension, server};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

#[test]
fn every_file_has_its_place_and_uninstalling_takes_exactly_these_away() {
    let scratch = TempDir::new().unwrap();
    let destination = scratch.path().join("destination");
    let foreign = "usr/share/doc/cback-postgresql/notes of the administrator";
    for file in [foreign, "usr/lib/python3/dist-packages/cback.py"] {
        let file = destination.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    let before = listing(&destination);
    let mut install = installer(scratch.path());
    install.args(["--prefix", "/usr", "--destdir"]);
    install.arg(&destination).run().succeeds();

    let mut installed = listing(&destination);
    installed.retain(|file| !before.contains(file));
    let are = |start: &str| installed.iter().filter(|it| it.starts_with(start)).count();
    let (programs, others) = (are("755 usr/bin/cback-"), are("644 usr/"));
    let all = (PROGRAMS.len() + SCRIPTS.len(), installed.len());
    assert_eq!((programs, programs + others), all, "{installed:?}");
    install.arg("--uninstall").run().succeeds();
    assert_eq!(listing(&destination), before);

    fs::remove_file(destination.join(foreign)).unwrap();
    install.run().succeeds();
    assert!(!destination.join(foreign).parent().unwrap().exists());
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

/// Cron's PATH does not name the prefix, and nothing lies beside the module.
#[test]
fn cback3_runs_what_was_installed_wherever_that_is() {
    let mut site = Site::new();
    site.add_section(&extension("cback_postgresql"));
    site.configure("gzip", &["postgres"]);
    let (prefix, python) = (site.path("prefix"), site.path("modules"));
    let mut install = installer(&site.path(""));
    install.arg("--prefix").arg(&prefix);
    install.arg("--python-dir").arg(&python);
    install.run().succeeds();
    let cron = prefix.join("share/doc/cback-postgresql/examples/cback-postgresql.cron");
    let named = format!(" {}/bin/cback-postgresql ", prefix.display());
    assert!(fs::read_to_string(cron).unwrap().contains(&named));

    let mut cback3 = cback3(&site, server());
    cback3.env(
        "PATH",
        format!("{}:/usr/bin:/bin", server().bin().display()),
    );
    cback3.env_remove("PYTHONDONTWRITEBYTECODE");
    cback3.env("PYTHONPATH", &python);
    cback3.arg("postgresql").run().succeeds();
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt.gz"]);

    assert!(python.join("__pycache__").exists());
    install.arg("--uninstall").run().succeeds();
    assert_eq!(listing(&python), [""; 0]);
    assert_eq!(listing(&prefix), [""; 0]);
    assert!(!python.join("__pycache__").exists());
}

/// "Exit status: 0 done; 1 failed; 2 wrong usage." A prefix goes into a unit, a cron line and a Python string. Nor is
/// anything installed before it is built.
#[test]
fn wrong_usage_has_status_2_and_a_strange_prefix_is_refused() {
    let refused = ["usr", "/", "/a b", "/a&b", "/a|b", "/a%b", "/a\\b", "/a\"b"];
    let refused = refused.map(|prefix| (["--prefix", prefix], 1));
    for (arguments, status) in [(["--no-such-option", "x"], 2)].into_iter().chain(refused) {
        let scratch = TempDir::new().unwrap();
        let mut install = installer(scratch.path());
        install.arg("--destdir").arg(scratch.path());
        install.args(arguments).run().fails(status);
        assert_eq!(listing(scratch.path()), [""; 0], "{arguments:?}");
    }
    let scratch = TempDir::new().unwrap();
    let mut install = installer(scratch.path());
    install.env("CARGO_TARGET_DIR", "/nowhere").arg("--destdir");
    let said = install.arg(scratch.path()).run().fails(1);
    let last = "cargo build --release --locked first\n";
    assert!(said.ends_with(last), "{said}");
    assert_eq!(listing(scratch.path()), [""; 0]);
}
