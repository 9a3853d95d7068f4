//! Tests that take root, and users who are not root.

use crate::{Finished, Run, wrapped};
use rustix::process::geteuid;
use std::io::Write;
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

/// `command`, run as the user and the group of that number. Only root may.
pub fn as_user(number: u32, command: &Command) -> Command {
    let (user, group) = (format!("--reuid={number}"), format!("--regid={number}"));
    let setpriv = ["setpriv", &user, &group, "--clear-groups", "--"];
    wrapped(&setpriv, command)
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
