//! What ends the child when we are killed and can do nothing any more.
//!
//! At its next write the child would notice, but a pg_dump that waits for a lock does not write. So
//! a shell reads from a pipe that only we can write to, and ends the child's group when the
//! pipe does. A parent-death signal would not reach the pg_dump that pg_dumpall has started.

use rustix::process::Pid;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// `$1` is the group. busybox complains of the `--` and does it all the same.
const WAIT_AND_END: &str = r#"read -r _; kill -s TERM -- "-$1""#;

/// Ends a group with us, unless it is dropped before.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

impl Watchdog {
    /// To be dropped before the leader of `group` is waited for: its number is another's then.
    pub(crate) fn on(group: Pid) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", WAIT_AND_END, "sh", &group.to_string()]);
        // Neither the dump's reader nor that of the messages may have to wait for it.
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.process_group(0).spawn().map(Self)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
