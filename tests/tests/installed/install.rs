//! `scripts/install`: everything in its place, usable from there, and gone again.

use cback_tests::{Finished, Run, Server, Site, cback3, extension, installer, script};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const PROGRAMS: [&str; 5] = [
    "cback-compress",
    "cback-pgconf",
    "cback-pgdump",
    "cback-pgverify",
    "cback-postgresql",
];

#[test]
fn every_file_has_its_place_and_uninstalling_takes_exactly_these_away() {
    let scratch = TempDir::new().unwrap();
    let destination = scratch.path().join("destination");
    let foreign = "usr/share/doc/cback-postgresql/notes of the administrator";
    for file in [
        foreign,
        "usr/bin/cback-other",
        "usr/lib/python3/dist-packages/cback.py",
    ] {
        let file = destination.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    let before = listing(&destination);
    let mut install = installer(scratch.path());
    install.args(["--prefix", "/usr"]);
    install.arg("--destdir").arg(&destination);
    install.run().succeeds();

    let mut installed = listing(&destination);
    installed.retain(|file| !before.contains(file));
    assert_eq!(installed, expected());
    install.arg("--uninstall").run().succeeds();
    assert_eq!(listing(&destination), before);

    fs::remove_file(destination.join(foreign)).unwrap();
    install.run().succeeds();
    assert!(!destination.join(foreign).parent().unwrap().exists());
}

const UNITS: &str = "postgresql.service postgresql.timer pgverify.service pgverify.timer";
const DOCUMENTS: &str = "README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE-MIT LICENSE-APACHE \
    docs/bench.md docs/bench.svg docs/faults.md docs/pipelines.md docs/service.md examples/cback3.conf \
    examples/cback-postgresql.conf examples/cback-postgresql.cron examples/keep-generations";

/// Mode and path, in order of the paths.
fn expected() -> Vec<String> {
    let mut files = vec!["644 usr/lib/python3/dist-packages/cback_postgresql.py".to_owned()];
    for unit in UNITS.split(' ') {
        files.push(format!("644 usr/lib/systemd/system/cback-{unit}"));
    }
    for program in PROGRAMS {
        files.extend([
            format!("755 usr/bin/{program}"),
            format!("644 usr/share/man/man1/{program}.1"),
            format!("644 usr/share/bash-completion/completions/{program}"),
            format!("644 usr/share/zsh/vendor-completions/_{program}"),
            format!("644 usr/share/fish/vendor_completions.d/{program}.fish"),
        ]);
    }
    for document in DOCUMENTS.split(' ') {
        files.push(format!("644 usr/share/doc/cback-postgresql/{document}"));
    }
    files.sort_by(|one, other| one[4..].cmp(&other[4..]));
    files
}

/// Mode and path of each file below `top`.
fn listing(top: &Path) -> Vec<String> {
    let mut find = Command::new("find");
    find.args([".", "-type", "f", "-printf", "%m %P\\n"]);
    let found = find.current_dir(top).prints();
    let mut files: Vec<_> = found.lines().map(str::to_owned).collect();
    files.sort_by(|one, other| one[4..].cmp(&other[4..]));
    files
}

/// Cron's PATH does not name the prefix, and nothing lies beside the module.
#[test]
fn cback3_runs_what_was_installed_wherever_that_is() {
    let server = Server::start();
    let mut site = Site::new();
    site.add_section(&extension("cback_postgresql"));
    site.configure("gzip", &["postgres"]);
    let (prefix, python) = (site.path("prefix"), site.path("modules"));
    let mut install = installer(&site.path(""));
    install.arg("--prefix").arg(&prefix);
    install.arg("--python-dir").arg(&python);
    install.run().succeeds();

    let mut cback3 = cback3(&site, &server);
    cback3.env("PATH", format!("{}:/usr/bin:/bin", server.bin().display()));
    cback3
        .env("PYTHONPATH", &python)
        .env_remove("PYTHONDONTWRITEBYTECODE");
    cback3.arg("postgresql").run().succeeds();
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt.gz"]);

    assert!(python.join("__pycache__").exists());
    install.arg("--uninstall").run().succeeds();
    assert_eq!(listing(&python), [""; 0]);
    assert_eq!(listing(&prefix), [""; 0]);
    assert!(!python.join("__pycache__").exists());
}

#[test]
fn nothing_is_installed_before_it_is_built() {
    let scratch = TempDir::new().unwrap();
    let prefix = scratch.path().join("prefix");
    let mut install = Command::new(script("install"));
    install.env("CARGO_TARGET_DIR", scratch.path());
    install.arg("--prefix").arg(&prefix);
    let said = install.run().fails(1);
    let last = "cargo build --release --locked first\n";
    assert!(said.ends_with(last), "{said}");
    assert!(!prefix.exists());
}

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
}

#[test]
fn what_runs_by_itself_names_the_script_by_its_whole_path() {
    let scratch = TempDir::new().unwrap();
    let mut install = installer(scratch.path());
    install.arg("--destdir").arg(scratch.path());
    install.args(["--prefix", "/opt/cback"]).run().succeeds();
    let top = scratch.path().join("opt/cback");
    for file in [
        "lib/systemd/system/cback-postgresql.service",
        "lib/python3/dist-packages/cback_postgresql.py",
        "share/doc/cback-postgresql/examples/cback-postgresql.cron",
    ] {
        let text = fs::read_to_string(top.join(file)).unwrap();
        let named = text.contains("/opt/cback/bin/cback-postgresql");
        assert!(named, "{file}: {text}");
    }
    let mode = fs::metadata(top.join("bin/cback-postgresql"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o755);
}
