//! The child, its children, and how they are ended.
//!
//! The child leads a process group of its own. To end it, the whole group gets SIGTERM, on which
//! pg_dump cancels its query at the server: a session that waits for a lock would not notice that its
//! client is gone. What is left after [`GRACE`] gets SIGKILL. Killing pg_dumpall alone would leave the
//! pg_dump that it has started running.
//!
//! One thread writes the dump, another waits for signals, and they share [`State`]. It is locked while
//! a child is started, so that none is missed that has just been started, and while it is waited for,
//! so that no signal goes to a number that already is another process's.

use crate::Error;
use crate::command::Invocation;
use crate::copy::PIPE;
use crate::watchdog::Watchdog;
use rustix::io::Errno;
use rustix::pipe::fcntl_setpipe_size;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};
use std::io::{PipeReader, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// From SIGTERM to SIGKILL.
const GRACE: Duration = Duration::from_millis(500);

/// Stops a dump from another thread.
#[derive(Clone, Debug, Default)]
pub struct Stopper(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    is_stopped: bool,
    /// The child, until it has been waited for.
    group: Option<Pid>,
    watchdog: Option<Watchdog>,
}

impl Stopper {
    /// Ends the child and its children, within a second; the dump, which is then not whole,
    /// returns [`Error::Stopped`], and so does every later one with this stopper.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.is_stopped = true;
        state.end();
    }

    /// Starts the child; returns its standard error besides.
    pub(crate) fn spawn(
        &self,
        invocation: &Invocation,
    ) -> Result<(Running<'_>, PipeReader), Error> {
        let mut state = self.lock();
        if state.is_stopped {
            return Err(Error::Stopped);
        }
        let start = |source| Error::Start {
            failed: invocation.to_string(),
            source,
        };
        let (stdout, stdout_writer) = pipe().map_err(start)?;
        let (stderr, stderr_writer) = pipe().map_err(start)?;
        // Refused to a user who has many large pipes already: then it stays as it is.
        let _ = fcntl_setpipe_size(&stdout, PIPE);
        let mut command = invocation.command();
        command.stdout(stdout_writer).stderr(stderr_writer);
        let child = command.process_group(0).spawn().map_err(start)?;
        let group = Pid::from_child(&child);
        state.group = Some(group);
        // It only matters if we are killed: no reason to fail.
        state.watchdog = Watchdog::on(group).ok();
        let running = Running {
            stdout,
            stopper: self,
            group,
            child,
        };
        Ok((running, stderr))
    }

    /// A panic with the lock held leaves no state that [`State::end`] could not act on.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&mut self) {
        let Some(group) = self.group.take() else {
            return;
        };
        self.watchdog = None;
        let deadline = Instant::now() + GRACE;
        let _ = kill_process_group(group, Signal::TERM);
        // A stopped process does not act on SIGTERM until it is continued.
        let _ = kill_process_group(group, Signal::CONT);
        while !is_gone(group) {
            if Instant::now() > deadline {
                let _ = kill_process_group(group, Signal::KILL);
                let _ = waitid(WaitId::Pid(group), WaitIdOptions::EXITED);
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Whether no process of the group is left; a leader that has ended is waited for, since it would count.
fn is_gone(group: Pid) -> bool {
    let _ = waitid(
        WaitId::Pid(group),
        WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
    );
    test_kill_process_group(group) == Err(Errno::SRCH)
}

/// A child that is ended, with its children, when this is dropped.
pub(crate) struct Running<'a> {
    pub(crate) stdout: PipeReader,
    stopper: &'a Stopper,
    group: Pid,
    child: Child,
}

impl Running<'_> {
    /// Waits for the child to end by itself.
    pub(crate) fn wait(mut self) -> Result<ExitStatus, Error> {
        // WNOWAIT: it stays a zombie, so that its number stays its own, until the lock is held.
        let ended = waitid(
            WaitId::Pid(self.group),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        );
        let mut state = self.stopper.lock();
        if state.is_stopped {
            return Err(Error::Stopped);
        }
        ended.map_err(|error| Error::Read(error.into()))?;
        // A wrapper around pg_dump may have left something running.
        let _ = kill_process_group(self.group, Signal::TERM);
        state.group = None;
        state.watchdog = None;
        self.child.wait().map_err(Error::Read)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.stopper.lock().end();
    }
}
