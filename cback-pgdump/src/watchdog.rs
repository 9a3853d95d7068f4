//! Ends the child and its children when this process gets SIGKILL, which it cannot catch.
//!
//! The child would notice at its next write (SIGPIPE), but a pg_dump that waits for a lock does not
//! write. So a shell reads from a pipe whose writing end only this process holds, and ends the child's
//! group when it reads the end of the pipe. A parent-death signal would reach only the child, and not
//! the pg_dump that pg_dumpall has started.

use rustix::process::Pid;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// `$1` is the group's number. busybox's kill complains of the `--` and sends the signal all the same.
const WAIT_AND_END: &str = r#"read -r _; kill -s TERM -- "-$1""#;

/// The shell. Dropped, it ends without ending the group.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

impl Watchdog {
    /// Has to be dropped before the leader of `group` is waited for: after that, the number may become
    /// another process's.
    pub(crate) fn on(group: Pid) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", WAIT_AND_END, "sh", &group.to_string()]);
        // Else it would hold our standard output and error open when we have ended.
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
