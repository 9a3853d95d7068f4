//! What runs the script without cback3: the systemd service and timer, cron, and the configuration
//! that they name.

use crate::installed;
use cback_tests::trace::{calls, traced};
use cback_tests::{
    Finished, Run, Server, Site, installer, run_with_input, throwaway_machine, tool, workspace,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

#[test]
fn systemd_finds_nothing_wrong_with_the_installed_units() {
    let prefix = installed();
    for unit in [
        "postgresql.service",
        "postgresql.timer",
        "pgverify.service",
        "pgverify.timer",
    ] {
        let units = prefix.path().join("lib/systemd/system");
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no"]);
        verify.arg(units.join(format!("cback-{unit}")));
        assert_eq!(said(&mut verify), "");
    }
}

fn unit() -> PathBuf {
    workspace().join("scripts/systemd/cback-postgresql.service")
}

/// Of 100, where systemd calls 20 OK; what is left is its need of sockets, of the network, and of
/// what it shares with a server.
#[test]
fn the_service_is_hardened() {
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--no-pager", "--offline=yes", "--threshold=20"]);
    security.arg(unit()).run().succeeds();
}

/// `RemoveIPC=yes` took down the server that runs as the same account: when the service stopped,
/// its shared memory was gone, and every new connection failed. `scripts/trial` sees that on a
/// booted Debian. `PrivateTmp=` hides a server's socket in /tmp, `ProtectHome=yes` hides ~/.pgpass, and
/// `ProcSubset=pid` hides /proc/sys.
#[test]
fn the_service_leaves_alone_what_it_shares_with_a_server() {
    let unit = fs::read_to_string(unit()).unwrap();
    for name in [
        "RemoveIPC",
        "PrivateTmp",
        "DynamicUser",
        "PrivateIPC",
        "ProcSubset",
    ] {
        let start = format!("{name}=");
        assert!(!unit.lines().any(|it| it.starts_with(&start)), "{name}");
    }
    assert!(unit.contains("\nProtectHome=read-only\n"));
}

/// systemd tells only the script to stop, not what the script is cleaning up with.
#[test]
fn stopping_the_service_lets_the_script_clean_up() {
    let unit = fs::read_to_string(unit()).unwrap();
    assert!(unit.contains("\nKillMode=mixed\n"));
}

/// On stdin, since the file of a checkout can be read by everybody.
#[test]
fn the_example_configurations_have_no_fault() {
    for name in ["cback-postgresql.conf", "cback3.conf"] {
        let example = fs::read(workspace().join("scripts/examples").join(name)).unwrap();
        let mut check = Command::new(tool("cback-pgconf"));
        let output = run_with_input(check.args(["check", "--strict"]), &example);
        assert_eq!(output.succeeds(), "", "{name}");
    }
}

/// The backup's name of today is a hard link; when backups are made no more, none is removed.
#[test]
fn generations_are_kept_by_their_number() {
    let top = TempDir::new().unwrap();
    let kept = top.path().join("kept");
    for day in 1..=16 {
        fs::create_dir_all(kept.join(format!("2020-01-{day:02}"))).unwrap();
    }
    let keep = || -> BTreeSet<_> {
        let mut keep = Command::new("sh");
        keep.arg(workspace().join("scripts/examples/keep-generations"));
        keep.arg("14").arg(top.path()).run().succeeds();
        let names = fs::read_dir(&kept).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    };
    fs::write(top.path().join("postgresqldump-a b.txt.gz"), "first").unwrap();
    fs::write(top.path().join("other.txt"), "not a backup").unwrap();
    let names = keep();
    assert_eq!(names.len(), 14);
    assert_eq!(names.first().unwrap(), "2020-01-04");
    let today = kept.join(names.last().unwrap());
    assert_eq!(fs::read_dir(&today).unwrap().count(), 1);
    let second = top.path().join("second");
    fs::write(&second, "second").unwrap();
    fs::rename(&second, top.path().join("postgresqldump-a b.txt.gz")).unwrap();
    let copy = || fs::read_to_string(today.join("postgresqldump-a b.txt.gz")).unwrap();
    assert_eq!(copy(), "first");
    assert_eq!(keep(), names);
    assert_eq!(copy(), "second");
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
         line=$(grep ' postgres ' cback-postgresql.cron)
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
    let said = said(&mut machine);
    let file = "postgres 600 /var/lib/cback-postgresql/postgresqldump.txt.gz\n";
    assert!(said.starts_with(file), "{said}");
    let end = "-- PostgreSQL database cluster dump complete";
    assert!(said.contains(end), "{said}");
}

/// No systemd runs here, so its filter is held against what strace sees.
#[test]
fn the_service_may_make_every_system_call_of_a_backup() {
    let server = Server::start();
    let site = Site::with("gzip", &[]);
    let mut options = vec![];
    if rustix::process::geteuid().is_root() {
        site.give_to(65_534);
        options = vec!["-u", "nobody"];
    }
    let log = site.path("calls");
    traced(&site.command(&server, &["sh"]), &log, &options)
        .run()
        .succeeds();
    assert_eq!(site.listing(), ["postgresqldump.txt.gz"]);

    let calls: BTreeSet<_> = calls(&log).into_iter().map(|call| call.name).collect();
    let has_seen = ["execve", "connect"].iter().all(|it| calls.contains(*it));
    assert!(has_seen, "{calls:?}");
    let refused: Vec<_> = calls.difference(&allowed()).cloned().collect();
    assert_eq!(refused, [""; 0]);
}

/// What the service's `SystemCallFilter` lines let through, taken in order as systemd does.
fn allowed() -> BTreeSet<String> {
    let unit = fs::read_to_string(unit()).unwrap();
    let lines = unit.lines();
    let mut allowed = BTreeSet::new();
    for filter in lines.filter_map(|it| it.strip_prefix("SystemCallFilter=")) {
        let refused = filter.strip_prefix('~');
        let names = refused.unwrap_or(filter).split(' ').flat_map(system_calls);
        if refused.is_some() {
            let names: BTreeSet<_> = names.collect();
            allowed.retain(|it| !names.contains(it));
        } else {
            allowed.extend(names);
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
    let text = said(filter.args(["syscall-filter", name]));
    let names = text.lines().skip(1).map(str::trim);
    let names = names.filter(|it| !it.is_empty() && !it.starts_with('#'));
    names.flat_map(system_calls).collect()
}

/// On both streams, by one that has to succeed.
#[track_caller]
fn said(command: &mut Command) -> String {
    let output = command.run();
    output.printed() + &output.succeeds()
}
