//! What runs the script without cback3: the systemd service and timer, cron, and the configuration
//! that they name.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Server, Site, installer, throwaway_machine, tool, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::chown;
use std::process::Command;
use tempfile::TempDir;

#[test]
fn systemd_finds_nothing_wrong_with_the_installed_units() {
    let prefix = TempDir::new().unwrap();
    let mut install = installer(prefix.path());
    succeeds(install.arg("--prefix").arg(prefix.path()));
    for unit in ["cback-postgresql.service", "cback-postgresql.timer"] {
        let unit = prefix.path().join("lib/systemd/system").join(unit);
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no"]).arg(unit);
        assert_eq!(succeeds(&mut verify), "");
    }
}

/// Of 100, where systemd calls 20 OK; what is left is its need of sockets and of the network.
#[test]
fn the_service_is_hardened() {
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--no-pager", "--offline=yes", "--threshold=15"]);
    succeeds(security.arg(workspace().join("systemd/cback-postgresql.service")));
}

#[test]
fn the_example_configuration_has_no_fault() {
    let mut check = Command::new(tool("cback-pgconf"));
    let example = fs::File::open(workspace().join("systemd/cback-postgresql.conf")).unwrap();
    assert_eq!(
        succeeds(check.args(["check", "--strict"]).stdin(example)),
        ""
    );
}

/// Cron's user and command, run as that user, with the configuration and the directory that the
/// service would find; not more rights than the service has.
#[test]
fn the_cron_line_backs_up_as_postgres() {
    let server = Server::start();
    let scratch = TempDir::new().unwrap();
    let prefix = scratch.path().display();
    let script = format!(
        "CARGO_TARGET_DIR={prefix}/target scripts/install --prefix /usr --uninstall
         CARGO_TARGET_DIR={prefix}/target scripts/install --prefix /usr
         cd /usr/share/doc/cback-postgresql/examples
         cp cback-postgresql.conf /etc
         install -d -o postgres -m 700 /var/lib/cback-postgresql
         line=$(grep -v '^#' cback-postgresql.cron)
         user=$(echo \"$line\" | awk '{{ print $6 }}')
         command=$(echo \"$line\" | sed 's/^\\([^ ]* *\\)\\{{6\\}}//')
         setpriv --reuid=\"$user\" --regid=\"$user\" --clear-groups --no-new-privs --bounding-set=-all \
             sh -c \"$command\"
         stat -c '%U %a %n' /var/lib/cback-postgresql/*
         gzip -dc /var/lib/cback-postgresql/postgresqldump.txt.gz | tail -n 3"
    );
    drop(installer(scratch.path()));
    let Some(mut machine) = throwaway_machine(&script) else {
        return;
    };
    machine.env("PGHOST", server.host()).env_remove("PGUSER");
    let said = succeeds(&mut machine);
    let file = "postgres 600 /var/lib/cback-postgresql/postgresqldump.txt.gz\n";
    assert!(said.starts_with(file), "{said}");
    assert!(
        said.contains("-- PostgreSQL database cluster dump complete"),
        "{said}"
    );
}

/// No systemd runs here, so its filter is held against what strace sees.
#[test]
fn the_service_may_make_every_system_call_of_a_backup() {
    let server = Server::start();
    let site = Site::new();
    site.configure("gzip", &[]);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(site.path("calls"));
    if rustix::process::geteuid().is_root() {
        for path in [site.collect_dir(), site.config()] {
            chown(path, Some(65_534), Some(65_534)).unwrap();
        }
        strace.args(["-u", "nobody"]);
    }
    let backup = site.command(&server, &["sh"]);
    strace.arg(backup.get_program()).args(backup.get_args());
    strace.envs(
        backup
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    succeeds(&mut strace);
    assert_eq!(site.listing(), ["postgresqldump.txt.gz"]);

    let seen = fs::read_to_string(site.path("calls")).unwrap();
    let calls = seen.lines().filter_map(|line| {
        let (name, _) = line.split_once(' ')?.1.trim_start().split_once('(')?;
        name.starts_with(|c: char| c.is_ascii_lowercase())
            .then_some(name)
    });
    let calls: BTreeSet<_> = calls.map(str::to_owned).collect();
    assert!(
        calls.contains("execve") && calls.contains("connect"),
        "{calls:?}"
    );
    let refused: Vec<_> = calls.difference(&allowed()).cloned().collect();
    assert_eq!(refused, [""; 0]);
}

/// What the service's `SystemCallFilter` lines let through, taken in order as systemd does.
fn allowed() -> BTreeSet<String> {
    let unit = workspace().join("systemd/cback-postgresql.service");
    let unit = fs::read_to_string(unit).unwrap();
    let mut allowed = BTreeSet::new();
    for filter in unit
        .lines()
        .filter_map(|line| line.strip_prefix("SystemCallFilter="))
    {
        let refused = filter.strip_prefix('~');
        let names = refused.unwrap_or(filter).split(' ').flat_map(system_calls);
        for name in names {
            if refused.is_some() {
                allowed.remove(&name);
            } else {
                allowed.insert(name);
            }
        }
    }
    allowed
}

/// The names in systemd's set, or the name itself.
fn system_calls(name: &str) -> Vec<String> {
    if !name.starts_with('@') {
        return vec![name.to_owned()];
    }
    let mut filter = Command::new("systemd-analyze");
    let text = succeeds(filter.args(["syscall-filter", name]));
    let names = text.lines().skip(1).map(str::trim);
    names
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .flat_map(system_calls)
        .collect()
}

/// What it says, on both streams.
#[track_caller]
fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}
