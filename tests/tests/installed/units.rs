//! Units for use without cback3. `scripts/trial` runs them on a Debian that is really booted: there
//! the filter of system calls, cron, and what a stop leaves of the server are seen at work.

use crate::installed;
use cback_tests::{Finished, Run, noon, script};
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

/// "Days are counted, not their age": today's, and 13 of those before it; and today's has the last run's backup.
#[test]
fn an_example_keeps_the_backups_of_the_last_days() {
    let keep = r#"cd "$0" && for day in $(seq -w 16); do mkdir -p "kept/2020-01-$day"; done
        for round in first second; do
            echo $round >new && mv new postgresqldump-x.txt && sh "$1" 14 .
            test "$(cd kept && echo *)" = "$(seq -s ' ' -f 2020-01-%02g 4 16) $(date +%F)"
            test postgresqldump-x.txt -ef "kept/$(date +%F)/postgresqldump-x.txt"
        done"#;
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-euc", keep]).arg(directory.path());
    let command = command.arg(script("examples/keep-generations"));
    command.env("TZ", noon()).run().succeeds();
}
