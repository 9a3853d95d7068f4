//! Where there can be no box, nothing is restored.

use crate::backups::{Backups, create_items, dump};
use cback_tests::{Finished, Run, SHELLS, server, skipped_without_root, wrapped};
use std::process::Command;

fn backup(name: &str) -> (Backups, Command) {
    create_items(server(), name);
    let backups = Backups::new();
    backups.put("x.sql", &dump(server(), Some(name)));
    let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    (backups, command)
}

#[test]
fn without_bubblewrap_nothing_is_restored() {
    let (backups, mut command) = backup("no bubblewrap");
    let path = backups.path_without("bwrap");
    let said = command.env("PATH", path).run().fails(1);
    assert_eq!(
        said,
        "cback-pgverify: bwrap not found: a restore needs bubblewrap, so install that\n"
    );
    backups.assert_clean();
}

/// As root in a container, mostly.
#[test]
fn root_without_namespaces_restores_nothing() {
    if skipped_without_root("to give up a capability") {
        return;
    }
    refuses_within(&["setpriv", "--bounding-set=-sys_admin", "--"], "root");
}

/// As in a container, or where the administrator has turned them off.
#[test]
fn an_account_without_namespaces_restores_nothing() {
    let outer = "bwrap --unshare-user --disable-userns --uid 1000 --gid 1000 --dev-bind / / --";
    refuses_within(&outer.split(' ').collect::<Vec<_>>(), "an account");
}

fn refuses_within(outer: &[&str], who: &str) {
    let (backups, command) = backup(&format!("no namespaces for {who}"));
    let said = wrapped(outer, &command).run().fails(1);
    let start = "x.sql: cannot be proven here: no namespace for a box to do it in (unshare: ";
    let is_told = said.contains(start) && said.contains("allow them to this container");
    assert!(is_told, "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    backups.assert_clean();
}
