//! Ending with the script that started us, however the script ends.
//!
//! A script that gets SIGKILL cannot end what it has started. The kernel can send us a signal when our
//! parent dies (`PR_SET_PDEATHSIG` in prctl(2)), but not if it has died before we ask for it: so
//! after asking, the parent's number is compared with the one that the script has given.

use crate::Error;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// Has the kernel send this process SIGTERM when its parent dies, which has to be `parent`.
///
/// # Errors
///
/// The parent is another process: `parent` may have died already. Or the kernel refuses.
pub fn die_with(parent: Pid) -> Result<(), Error> {
    set_parent_process_death_signal(Some(Signal::TERM))
        .map_err(|error| Error::Read(error.into()))?;
    if getppid() == Some(parent) {
        Ok(())
    } else {
        Err(Error::NotTheParent(parent.as_raw_pid()))
    }
}
