//! The child, its children, and how they are brought to an end.
//!
//! The child leads a process group of its own. To end it, the whole group gets SIGTERM, on which
//! pg_dump cancels its query at the server, where a lock it waits for would else keep a session
//! alive; what is left after [`GRACE`] gets SIGKILL. Killing pg_dumpall alone would leave the
//! pg_dump it has started running.
//!
//! One thread writes the dump, another hears of a signal: [`State`] is what they share. A child is
//! started, and waited for, with the state locked: so nobody stops one that is just being born,
//! or sends a signal to a number that already names another process.

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
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the group may take to end in its own way.
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

    /// Starts the child; what comes with it is its standard error.
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
        let mut command = Command::new(&invocation.program);
        command
            .args(&invocation.arguments)
            .envs(invocation.environment.iter().cloned());
        command
            .stdin(Stdio::null())
            .stdout(stdout_writer)
            .stderr(stderr_writer);
        let child = command.process_group(0).spawn().map_err(start)?;
        let group = Pid::from_child(&child);
        state.group = Some(group);
        // Without it the dump is none the worse.
        state.watchdog = Watchdog::on(group).ok();
        Ok((
            Running {
                stdout,
                stopper: self,
                group,
                child,
            },
            stderr,
        ))
    }

    /// A panic with the lock held leaves nothing half done that matters.
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

/// Whether nobody is left; the leader counts until it has been waited for.
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
        // It stays a zombie, and its number ours, until the lock is held.
        let ended = waitid(
            WaitId::Pid(self.group),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        );
        let mut state = self.stopper.lock();
        if state.is_stopped {
            return Err(Error::Stopped);
        }
        ended.map_err(|error| Error::Read(error.into()))?;
        // Should a child of its have outlived it, then not for long.
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
