//! Ending with the script that started us, however the script ends.
//!
//! A shell that gets SIGKILL can stop nobody. The kernel sends a signal in its place (see
//! `PR_SET_PDEATHSIG` in prctl(2)), but only on a death that is yet to come: so after asking, we
//! look whether the parent is still the one that was meant.

use crate::Error;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// Has the kernel send us SIGTERM when our parent dies, which has to be `parent`.
///
/// # Errors
///
/// The parent is another process: `parent` may have died already.
pub fn die_with(parent: Pid) -> Result<(), Error> {
    set_parent_process_death_signal(Some(Signal::TERM))
        .map_err(|error| Error::Read(error.into()))?;
    if getppid() == Some(parent) {
        Ok(())
    } else {
        Err(Error::NotTheParent(parent.as_raw_pid()))
    }
}
