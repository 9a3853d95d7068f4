//! Units for use without cback3. `scripts/trial` runs them on a Debian that is really booted: there
//! the filter of system calls, cron, and what a stop leaves of the server are seen at work.

use crate::installed;
use cback_tests::{Finished, Run};
use std::process::Command;

/// They name programs that are there. The backup's exposure is below 20 of 100, which systemd calls OK; the rest
/// is its need of sockets, of the network, and of what it shares with a server. The proof's is below 40: it builds a box.
#[test]
fn systemd_finds_nothing_wrong_with_the_installed_units() {
    let prefix = installed();
    let units = prefix.path().join("lib/systemd/system");
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]);
    for (unit, threshold) in [("cback-postgresql", "20"), ("cback-pgverify", "40")] {
        let service = units.join(unit).with_extension("service");
        verify.arg(&service).arg(service.with_extension("timer"));
        let mut security = Command::new("systemd-analyze");
        security.args(["security", "--no-pager", "--offline=yes"]);
        security.args(["--threshold", threshold]).arg(service);
        security.run().succeeds();
    }
    assert_eq!(verify.run().succeeds(), "");
}
