//! The child, its children, and how they are ended.
//!
//! The child leads a process group of its own. To end it, the whole group gets SIGTERM, on which
//! pg_dump cancels its query at the server: a session that waits for a lock would not notice that its
//! client is gone. Processes that are left after [`GRACE`] get SIGKILL. Killing pg_dumpall alone would leave the
//! pg_dump that it has started running.
//!
//! One thread writes the dump, another waits for signals, and they share [`State`]. It is locked while
//! a child is started, so that none is missed that has just been started, and while it is waited for,
//! so that no signal goes to a number that already is another process's.
//!
//! On SIGKILL, which this process cannot catch, the child would notice at its next write (SIGPIPE), but a
//! pg_dump that waits for a lock does not write. A parent-death signal would reach only the child, and not the
//! pg_dump that pg_dumpall has started. So a shell, the [`Watchdog`], reads from a pipe whose writing end
//! only this process holds, and ends the group when it reads the end of the pipe.

use super::invocation::Invocation;
use crate::error::Error;
use rustix::io::Errno;
use rustix::pipe::fcntl_setpipe_size;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};
use std::io::{self, PipeReader, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that the child's pipe holds: 64 KiB on Linux unless asked; this much any user may have.
pub(crate) const PIPE: usize = 1 << 20;

/// From SIGTERM to SIGKILL, and how long the killed are waited for: one in a system call may take longer.
const GRACE: Duration = Duration::from_millis(500);

/// Stops a dump from another thread.
#[derive(Clone, Debug, Default)]
pub struct Stopper(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    /// No child is there, or it has been waited for.
    #[default]
    Idle,
    Runs(Group),
    /// No child is started any more.
    Stopped,
}

impl Stopper {
    /// Ends the child and its children, within a second; the dump, which is then not whole,
    /// returns [`Error::Stopped`], and so does every later one with this stopper.
    pub fn stop(&self) {
        let mut state = self.lock();
        if let State::Runs(group) = std::mem::replace(&mut *state, State::Stopped) {
            group.end();
        }
    }

    /// Starts the child; returns its standard error besides.
    pub(crate) fn spawn(
        &self,
        invocation: &Invocation,
    ) -> Result<(Running<'_>, PipeReader), Error> {
        let mut state = self.lock();
        if let State::Stopped = *state {
            return Err(Error::Stopped);
        }
        let start = |source| Error::Start(invocation.to_string(), source);
        let (stdout, stdout_writer) = pipe().map_err(start)?;
        let (stderr, stderr_writer) = pipe().map_err(start)?;
        // Refused to a user who has many large pipes already: then it stays as it is.
        let _ = fcntl_setpipe_size(&stdout, PIPE);
        let mut command = invocation.command();
        command.stdout(stdout_writer).stderr(stderr_writer);
        let child = command.process_group(0).spawn().map_err(start)?;
        *state = State::Runs(Group::of(&child));
        let running = Running {
            stdout,
            stopper: self,
            child,
        };
        Ok((running, stderr))
    }

    /// A panic with the lock held leaves no state that could not be acted on.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A child that is ended, with its children, when this is dropped.
pub(crate) struct Running<'a> {
    pub(crate) stdout: PipeReader,
    stopper: &'a Stopper,
    child: Child,
}

impl Running<'_> {
    /// Waits for the child to end by itself.
    pub(crate) fn wait(mut self) -> Result<ExitStatus, Error> {
        // WNOWAIT: it stays a zombie, so that its number stays its own, until the lock is held.
        let ended = waitid(
            WaitId::Pid(Pid::from_child(&self.child)),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        );
        let mut state = self.stopper.lock();
        let State::Runs(group) = &*state else {
            return Err(Error::Stopped);
        };
        ended.map_err(|error| Error::Read(error.into()))?;
        // A wrapper around pg_dump may have left something running.
        let _ = kill_process_group(group.leader, Signal::TERM);
        *state = State::Idle;
        self.child.wait().map_err(Error::Read)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.stopper.lock();
        if let State::Runs(_) = *state
            && let State::Runs(group) = std::mem::take(&mut *state)
        {
            group.end();
        }
    }
}

/// A child that has not been waited for, and its children.
#[derive(Debug)]
struct Group {
    leader: Pid,
    /// Has to be dropped before the leader is waited for: after that, its number may become another process's.
    watchdog: Option<Watchdog>,
}

impl Group {
    fn of(child: &Child) -> Self {
        let leader = Pid::from_child(child);
        // It only matters if we are killed: no reason to fail.
        let watchdog = Watchdog::on(leader).ok();
        Self { leader, watchdog }
    }

    fn end(self) {
        let Self { leader, watchdog } = self;
        drop(watchdog);
        for signal in [Signal::TERM, Signal::KILL] {
            let _ = kill_process_group(leader, signal);
            // A stopped process does not act on SIGTERM until it is continued.
            let _ = kill_process_group(leader, Signal::CONT);
            let deadline = Instant::now() + GRACE;
            while Instant::now() < deadline {
                if is_gone(leader) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let _ = waitid(WaitId::Pid(leader), WaitIdOptions::EXITED);
    }
}

/// Whether no process of the group is left; a leader that has ended is waited for, since it would count.
fn is_gone(leader: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let _ = waitid(WaitId::Pid(leader), options);
    test_kill_process_group(leader) == Err(Errno::SRCH)
}

/// The shell that outlives this process. Dropped, it ends without ending the group.
#[derive(Debug)]
struct Watchdog(Child);

/// `$1` is the group's number. busybox's kill complains of the `--` and sends the signal all the same.
const WAIT_AND_END: &str = r#"read -r _; kill -s TERM -- "-$1""#;

impl Watchdog {
    fn on(leader: Pid) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", WAIT_AND_END, "sh", &leader.to_string()]);
        // Else it would hold our standard output and error open when we have ended.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.stdin(Stdio::piped()).process_group(0);
        command.spawn().map(Self)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
