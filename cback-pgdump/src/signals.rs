//! Dying of a signal as if it had not been caught, but taking the child along.
//!
//! The thread that dumps can be held up in a read or a write, so another one waits for signals,
//! and ends the whole process, wherever the first one is.

use crate::Stopper;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::ffi::c_int;
use std::{fs, io, thread};

/// On SIGTERM, SIGINT or SIGHUP: stops the dump, then dies of that signal. One that is ignored, as
/// `nohup` does for us, stays ignored; but not SIGTERM if `heed_term`, since a parent's death is told
/// by it, and not SIGCHLD: while that is ignored, nobody can learn how a child has ended.
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
            // It does not return.
            let _ = emulate_default_handler(signal);
        }
    })?;
    Ok(())
}

/// Linux tells in /proc which signals are ignored; where there is none, none counts as ignored.
fn ignored_signals() -> impl Fn(c_int) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    move |signal| mask >> (signal - 1) & 1 == 1
}
