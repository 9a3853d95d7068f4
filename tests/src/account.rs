//! The user that a server runs as: it refuses root.

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
    command.args([
        format!("--reuid={uid}"),
        format!("--regid={gid}"),
        "--clear-groups".into(),
    ]);
    command.arg("--").arg(program);
    command
}

/// User and group id, if we are root.
fn server_account() -> Option<(u32, u32)> {
    if !geteuid().is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("/etc/passwd is readable");
    let account = |wanted: &str| {
        let line = accounts
            .lines()
            .find(|line| line.split(':').next() == Some(wanted))?;
        let mut ids = line.split(':').skip(2).map_while(|id| id.parse().ok());
        Some((ids.next()?, ids.next()?))
    };
    Some(
        account("postgres")
            .or_else(|| account("nobody"))
            .expect("a user for the server"),
    )
}

/// Makes `directory` one that the server may write to and everybody may look into.
pub(crate) fn open_to_all(directory: &Path) {
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(directory, mode).expect("a directory of our own");
    if let Some((uid, gid)) = server_account() {
        chown(directory, Some(uid), Some(gid)).expect("root may give a directory away");
    }
}
