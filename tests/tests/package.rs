//! The Debian package: without errors, usable once apt has installed it, and gone without a trace.
//! It is installed on a copy of the machine that is thrown away.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Server, Site, cback3, script, throwaway_machine, tool};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// As `cargo build --release` would leave the programs: stripped.
fn package(scratch: &Path) -> PathBuf {
    fs::create_dir_all(scratch.join("release")).unwrap();
    for program in ["cback-pgconf", "cback-pgdump", "cback-compress"] {
        let mut strip = Command::new("strip");
        strip.arg("-o").arg(scratch.join("release").join(program));
        succeeds(strip.arg(tool(program)));
    }
    let mut package = Command::new(script("package"));
    let printed = succeeds(package.env("CARGO_TARGET_DIR", scratch));
    PathBuf::from(printed.trim_end())
}

#[test]
fn lintian_finds_no_error_and_the_version_is_the_workspaces() {
    let scratch = TempDir::new().unwrap();
    let package = package(scratch.path());
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "error,warning"]);
    // It is nobody's intention to upload it to Debian.
    lintian.args(["--suppress-tags", "initial-upload-closes-no-bugs"]);
    succeeds(lintian.arg(&package));
    let mut version = Command::new("dpkg-deb");
    version.arg("--field").arg(&package).arg("Version");
    let expected = concat!(env!("CARGO_PKG_VERSION"), "-1\n");
    assert_eq!(succeeds(&mut version), expected);
}

/// apt installs, cback3 backs up with what was installed, apt removes: no file of ours is left,
/// Python's compiled door included.
#[test]
fn it_is_installed_works_under_cback3_and_leaves_no_trace() {
    let server = Server::start();
    let mut site = Site::new();
    site.add_section(
        "<extensions><action><name>postgresql</name><module>cback_postgresql</module>\
         <function>executeAction</function><index>101</index></action></extensions>",
    );
    site.configure("gzip", &["postgres"]);
    let package = package(&site.path("target"));
    let action = cback3(&site, &server);
    let words = std::iter::once(action.get_program()).chain(action.get_args());
    let line: Vec<_> = words.map(|word| format!("'{}'", word.display())).collect();
    let script = format!(
        "! command -v cback-postgresql || {{ echo 'a package is installed already' >&2; exit 1; }}
         list() {{ find /etc /opt /usr /var/lib/dpkg/info -xdev ! -path '*/__pycache__/[!c]*' | sort; }}
         list >{site}/before
         apt-get -q -y --no-install-recommends install '{package}'
         {action} postgresql
         man -w cback-postgresql cback-pgconf cback-pgdump cback-compress
         list >{site}/installed
         apt-get -q -y remove cback-postgresql
         list >{site}/after",
        package = package.display(),
        action = line.join(" "),
        site = site.path("").display(),
    );
    let Some(mut machine) = throwaway_machine(&script) else {
        return;
    };
    machine.envs(
        action
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    machine.env(
        "PATH",
        format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", server.bin().display()),
    );
    machine.env("PYTHONPATH", "/usr/lib/python3/dist-packages");
    machine.env_remove("PYTHONDONTWRITEBYTECODE");
    let said = succeeds(machine.env("DEBIAN_FRONTEND", "noninteractive"));
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt.gz"]);
    let [before, installed, after] = ["before", "installed", "after"].map(|name| {
        let list = fs::read_to_string(site.path(name)).unwrap();
        list.lines().map(str::to_owned).collect::<BTreeSet<_>>()
    });
    assert!(installed.contains("/usr/bin/cback-postgresql"), "{said}");
    let compiled = |file: &String| file.contains("/__pycache__/cback_postgresql.");
    assert!(installed.iter().any(compiled), "{said}");
    let trace: Vec<_> = after.symmetric_difference(&before).collect();
    assert!(trace.is_empty(), "{trace:?}");
}

/// What it prints.
#[track_caller]
fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stdout}{stderr}");
    stdout
}
