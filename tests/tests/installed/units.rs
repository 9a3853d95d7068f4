//! Units and examples for use without cback3. `scripts/trial` runs them on a Debian that is really booted: there
//! the filter of system calls, cron, and what a stop leaves of the server are seen at work.

use crate::installed;
use cback_tests::{Finished, Run, run_with_input, tool, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// They name programs that are there. The service's exposure is below 20 of 100, which systemd calls OK; the rest
/// is its need of sockets, of the network, and of what it shares with a server.
#[test]
fn systemd_finds_nothing_wrong_with_the_installed_units() {
    let prefix = installed();
    let units = prefix.path().join("lib/systemd/system");
    let service = units.join("cback-postgresql.service");
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).arg(&service);
    for unit in ["postgresql.timer", "pgverify.service", "pgverify.timer"] {
        verify.arg(units.join(format!("cback-{unit}")));
    }
    assert_eq!(verify.run().succeeds(), "");
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--no-pager", "--offline=yes", "--threshold=20"]);
    security.arg(service).run().succeeds();
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

/// "Days are counted, not their age: if no backups are made any more, none is removed." Today's name is a hard link.
#[test]
fn generations_are_kept_by_their_number() {
    let top = TempDir::new().unwrap();
    let (kept, backup) = (top.path().join("kept"), "postgresqldump-a b.txt.gz");
    for day in 1..=16 {
        fs::create_dir_all(kept.join(format!("2020-01-{day:02}"))).unwrap();
    }
    fs::write(top.path().join("other.txt"), "not a backup").unwrap();
    for text in ["first", "second"] {
        let new = top.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, top.path().join(backup)).unwrap();
        let mut keep = Command::new("sh");
        keep.arg(workspace().join("scripts/examples/keep-generations"));
        keep.arg("14").arg(top.path()).run().succeeds();
        let days = fs::read_dir(&kept).unwrap().map(|it| it.unwrap().path());
        let days: BTreeSet<_> = days.collect();
        assert_eq!(days.len(), 14);
        assert!(days.first().unwrap().ends_with("2020-01-04"), "{days:?}");
        let today = days.last().unwrap();
        assert_eq!(fs::read_dir(today).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(today.join(backup)).unwrap(), text);
    }
}
