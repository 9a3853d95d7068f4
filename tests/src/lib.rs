//! What the tests of this workspace have in common: a PostgreSQL server of their own, of every
//! version that the machine has, the programs under test, and places where these make backups.
//!
//! Everything here panics with one clear line when it cannot do its work: so does the test.
#![allow(clippy::missing_panics_doc)]

mod account;
mod cback3;
mod contents;
mod halted;
mod installation;
mod installed;
mod job;
mod kill;
mod machine;
mod outcome;
mod processes;
mod random;
mod run;
mod server;
mod shell;
mod site;
mod skip;
mod small_disk;
mod tool;
pub mod trace;

pub use account::{as_user, unprivileged};
pub use cback3::{cback3, extension, python};
pub use contents::{contents, create_bulk, create_sample};
pub use halted::HaltedRun;
pub use installation::{Installation, installations};
pub use installed::{copy_programs, installer};
pub use job::{Job, YESTERDAY};
pub use kill::Kill;
pub use machine::throwaway_machine;
pub use outcome::{Outcome, Published, WholeDump, unpacked, without_keys};
pub use processes::{Process, figure};
pub use random::{Random, cases, seeds};
pub use run::{
    Finished, Run, assert_panic_is_one_line, copy_environment, end_of, in_background,
    run_with_input, shell_line, shim, wrapped,
};
pub use server::{Server, server};
pub use shell::{SHELLS, Shell};
pub use site::Site;
pub use skip::{skip, skipped_without_root};
pub use small_disk::SmallDisk;
pub use tool::{path_with_tools, script, tool, workspace};

use std::time::{Duration, Instant};

/// Looks until `condition` holds; panics, naming `what`, when that takes longer than `deadline`.
#[track_caller]
pub fn wait_for(what: &str, deadline: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        let is_over = start.elapsed() > deadline;
        assert!(!is_over, "waited {deadline:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
