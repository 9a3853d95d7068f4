//! Tests that take root, and users who are not root.

use crate::{Finished, Run, workspace, wrapped};
use rustix::process::geteuid;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// Says that the running test, or a part of it, is not done, and why: on the real stderr, since the
/// test harness shows nothing of a test that passes.
pub fn skip(why: &str) {
    let thread = std::thread::current();
    let line = format!("skipped: {}: {why}\n", thread.name().unwrap_or("a test"));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// [`skip`]s unless we are root; true if so.
#[must_use]
pub fn skipped_without_root(why: &str) -> bool {
    let is_root = geteuid().is_root();
    if !is_root {
        skip(&format!("{why}: it takes root"));
    }
    !is_root
}

/// $0 is a directory that only root may enter, above $1: the command sees an open one in its place, with $1 in it.
const OPEN: &str = r#"
mount --bind "$1" /mnt
mount -t tmpfs -o mode=755 tmpfs "$0"
mkdir -p "$1"
mount --move /mnt "$1"
shift
exec "$@""#;

/// `command`, run as the user and the group of that number, who reaches the workspace also where it lies in /root.
/// Only root may.
pub fn as_user(number: u32, command: &Command) -> Command {
    let (user, group) = (format!("--reuid={number}"), format!("--regid={number}"));
    let setpriv = ["setpriv", &user, &group, "--clear-groups", "--"];
    let command = wrapped(&setpriv, command);
    let is_closed = |it: &&Path| it.metadata().is_ok_and(|it| it.mode() & 0o1 == 0);
    match workspace().ancestors().skip(1).filter(is_closed).last() {
        Some(closed) => {
            let paths = [closed, workspace()].map(|it| it.to_str().expect("UTF-8"));
            let unshare = ["unshare", "--mount", "sh", "-euc", OPEN, paths[0], paths[1]];
            wrapped(&unshare, &command)
        }
        None => command,
    }
}

/// Number, if we are root, of the user and the group that run a server, which refuses root: those of
/// `postgres` or `nobody`.
pub(crate) fn server_account() -> Option<u32> {
    let number = |user| id(&["-u", user]).parse().ok();
    let account = || number("postgres").or_else(|| number("nobody"));
    let is_root = geteuid().is_root();
    is_root.then(|| account().expect("a user for the server"))
}

/// The line that `id` prints; empty for a user who does not exist.
pub(crate) fn id(arguments: &[&str]) -> String {
    let output = Command::new("id").args(arguments).run();
    output.printed().trim_end().to_owned()
}
