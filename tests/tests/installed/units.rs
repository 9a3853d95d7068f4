//! What runs the script without cback3: the systemd service and timer, cron, and the configuration
//! that they name.

use cback_tests::{Server, Site, installer, throwaway_machine, tool, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

#[test]
fn systemd_finds_nothing_wrong_with_the_installed_units() {
    let prefix = TempDir::new().unwrap();
    let mut install = installer(prefix.path());
    succeeds(install.arg("--prefix").arg(prefix.path()));
    for unit in [
        "cback-postgresql.service",
        "cback-postgresql.timer",
        "cback-pgverify.service",
        "cback-pgverify.timer",
    ] {
        let unit = prefix.path().join("lib/systemd/system").join(unit);
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no"]).arg(unit);
        assert_eq!(succeeds(&mut verify), "");
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
    succeeds(security.arg(unit()));
}

/// `RemoveIPC=yes` took down the server that runs as the same account: when the service stopped,
/// its shared memory was gone, and every new connection failed. `scripts/trial` sees that on a
/// booted Debian. `PrivateTmp=` hides a server's socket in /tmp, `ProtectHome=yes` hides ~/.pgpass, and
/// `ProcSubset=pid` hides /proc/sys.
#[test]
fn the_service_leaves_alone_what_it_shares_with_a_server() {
    let unit = fs::read_to_string(unit()).unwrap();
    let settings: Vec<_> = unit
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    for name in [
        "RemoveIPC",
        "PrivateTmp",
        "DynamicUser",
        "PrivateIPC",
        "ProcSubset",
    ] {
        let of_that_name = settings.iter().find(|(other, _)| *other == name);
        assert_eq!(of_that_name, None);
    }
    assert!(settings.contains(&("ProtectHome", "read-only")));
}

/// systemd tells only the script to stop, not what the script is cleaning up with.
#[test]
fn stopping_the_service_lets_the_script_clean_up() {
    let unit = fs::read_to_string(unit()).unwrap();
    assert!(unit.lines().any(|line| line == "KillMode=mixed"));
}

#[test]
fn the_example_configurations_have_no_fault() {
    for name in ["cback-postgresql.conf", "cback3.conf"] {
        let mut check = Command::new(tool("cback-pgconf"));
        let example = fs::File::open(workspace().join("scripts/examples").join(name)).unwrap();
        let said = succeeds(check.args(["check", "--strict"]).stdin(example));
        assert_eq!(said, "", "{name}");
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
    let keep = || {
        let mut keep = Command::new("sh");
        keep.arg(workspace().join("scripts/examples/keep-generations"));
        succeeds(keep.arg("14").arg(top.path()));
        let names = fs::read_dir(&kept)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names
            .map(|name| name.into_string().unwrap())
            .collect::<BTreeSet<_>>()
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
    let unit = fs::read_to_string(unit()).unwrap();
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
