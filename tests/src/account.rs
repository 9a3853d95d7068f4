//! Users and their numbers, and the user that a server runs as: it refuses root.

use crate::{Finished, Run, wrapped};
use rustix::process::geteuid;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

/// `program`, run as a user who may run a server and owns nothing: `postgres` or `nobody` if we
/// are root, ourselves if not.
pub fn unprivileged(program: impl AsRef<OsStr>) -> Command {
    let Some((uid, gid)) = server_account() else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={uid}"), format!("--regid={gid}")]);
    command.args(["--clear-groups", "--"]).arg(program);
    command
}

/// `command`, run as the user and the group of that number. Only root may.
pub fn as_user(number: u32, command: &Command) -> Command {
    let (user, group) = (format!("--reuid={number}"), format!("--regid={number}"));
    let setpriv = ["setpriv", &user, &group, "--clear-groups", "--"];
    wrapped(&setpriv, command)
}

/// User and group id, if we are root.
fn server_account() -> Option<(u32, u32)> {
    if !geteuid().is_root() {
        return None;
    }
    let number = |option, user| id(&[option, user]).parse().ok();
    let numbers = |user| Some((number("-u", user)?, number("-g", user)?));
    let account = numbers("postgres").or_else(|| numbers("nobody"));
    Some(account.expect("a user for the server"))
}

/// What `id` prints; nothing of a user who does not exist.
pub(crate) fn id(arguments: &[&str]) -> String {
    let output = Command::new("id").args(arguments).run();
    output.printed().trim_end().to_owned()
}

/// Makes `directory` one that the server may write to and everybody may look into.
pub(crate) fn open_to_all(directory: &Path) {
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(directory, mode).expect("a directory of our own");
    if let Some((uid, gid)) = server_account() {
        chown(directory, Some(uid), Some(gid)).expect("root may give a directory away");
    }
}
