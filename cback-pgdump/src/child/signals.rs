//! Ending by a signal, and with the script that has started us, after the child and its children.
//!
//! The thread that dumps can be blocked in a read or a write, so another one waits for signals, and
//! ends the whole process whatever the first one does.
//!
//! A script that gets SIGKILL cannot end its children. The kernel can send us a signal when our
//! parent dies (`PR_SET_PDEATHSIG` in prctl(2)), but sends none if it died before we asked. So after
//! asking, our parent's number is compared with the one that the script has given.

use super::group::Stopper;
use crate::error::Error;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::ffi::c_int;
use std::thread::JoinHandle;
use std::{fs, io, thread};

/// On SIGTERM, SIGINT or SIGHUP: stops the dump, then dies of that signal. One that was ignored when
/// this process was started, as by `nohup`, stays ignored; but not SIGTERM if `heed_term`, since
/// [`die_with`] has it sent. SIGCHLD never is: while it is ignored, the kernel drops the
/// exit status of a child (wait(2)). The thread that is returned does not end before the process.
///
/// # Errors
///
/// The system refuses to set up the handlers.
pub(crate) fn stop_and_die(stopper: &Stopper, heed_term: bool) -> io::Result<JoinHandle<()>> {
    let ignored = ignored_signals();
    let wanted = [SIGHUP, SIGINT, SIGTERM]
        .into_iter()
        .filter(|&signal| !ignored(signal) || (heed_term && signal == SIGTERM))
        .chain([SIGCHLD]);
    let mut signals = Signals::new(wanted)?;
    let stopper = stopper.clone();
    thread::Builder::new().spawn(move || {
        for signal in signals.forever().filter(|signal| *signal != SIGCHLD) {
            stopper.stop();
            // Does not return.
            let _ = emulate_default_handler(signal);
        }
    })
}

/// Has the kernel send this process SIGTERM when its parent dies, which has to be `parent`.
///
/// # Errors
///
/// The parent is another process: `parent` may have died already. Or the kernel refuses.
pub(crate) fn die_with(parent: Pid) -> Result<(), Error> {
    set_parent_process_death_signal(Some(Signal::TERM))
        .map_err(|error| Error::Read(error.into()))?;
    if getppid() == Some(parent) {
        Ok(())
    } else {
        Err(Error::NotTheParent(parent.as_raw_pid()))
    }
}

/// By `SigIgn` in /proc/self/status (proc(5)); without a /proc, no signal counts as ignored.
fn ignored_signals() -> impl Fn(c_int) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    move |signal| mask >> (signal - 1) & 1 == 1
}
