//! "Cannot be proven here": where there can be no box, nothing is restored.

use crate::backups::Backups;
use cback_tests::{Finished, Run, SHELLS, skipped_without_root, wrapped};

#[test]
fn without_bubblewrap_nothing_is_restored() {
    let (backups, _) = Backups::of_items();
    let mut command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    let said = command
        .env("PATH", backups.path_without("bwrap"))
        .run()
        .fails(1);
    let reason = "cback-pgverify: bwrap not found: a restore needs bubblewrap, so install that\n";
    assert_eq!(said, reason);
    backups.assert_clean();
}

/// As root in a container, mostly.
#[test]
fn root_without_namespaces_restores_nothing() {
    if !skipped_without_root("to give up a capability") {
        refuses_within("setpriv --bounding-set=-sys_admin --");
    }
}

/// As in a container, or where the administrator has turned them off.
#[test]
fn an_account_without_namespaces_restores_nothing() {
    refuses_within("bwrap --unshare-user --disable-userns --uid 1000 --gid 1000 --dev-bind / / --");
}

fn refuses_within(outer: &str) {
    let (backups, _) = Backups::of_items();
    let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    let outer: Vec<_> = outer.split(' ').collect();
    let said = wrapped(&outer, &command).run().fails(1);
    let start = "x.sql: cannot be proven here: no namespace for a box to do it in (unshare: ";
    let is_told = said.contains(start) && said.contains("allow them");
    assert!(is_told, "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    backups.assert_clean();
}
