//! Units and examples for use without cback3. `scripts/trial` runs them on a Debian that is really booted: there
//! the filter of system calls, cron, and what a stop leaves of the server are seen at work.

use crate::installed;
use cback_tests::{Finished, Run, run_with_input, tool, workspace};
use std::fs;
use std::process::Command;

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
