//! Dying of a signal, after the child and its children have been ended.
//!
//! The thread that dumps can be blocked in a read or a write, so another one waits for signals, and
//! ends the whole process whatever the first one does.

use crate::Stopper;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::ffi::c_int;
use std::{fs, io, thread};

/// On SIGTERM, SIGINT or SIGHUP: stops the dump, then dies of that signal. One that was ignored when
/// this process was started, as by `nohup`, stays ignored; but not SIGTERM if `heed_term`, since
/// [`die_with`](crate::die_with) has it sent. SIGCHLD never is: while it is ignored, the kernel drops the
/// exit status of a child (wait(2)).
///
/// # Errors
///
/// The system refuses to set up the handlers.
pub fn stop_and_die(stopper: &Stopper, heed_term: bool) -> io::Result<()> {
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
    })?;
    Ok(())
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
