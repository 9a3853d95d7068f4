//! A PostgreSQL server of a test's own, of every version that the machine has, the programs under
//! test, and places where these make backups.
//!
//! Everything here panics with one clear line when it cannot do its work: so does the test.
#![allow(clippy::missing_panics_doc)]

mod backup;
mod cback3;
mod clock;
mod contents;
mod halted;
mod installation;
mod job;
mod kill;
mod outcome;
mod processes;
mod random;
mod root;
mod run;
mod server;
mod site;
mod small_disk;
mod tool;
pub mod trace;

pub use backup::{dump, globals, packed};
pub use cback3::{cback3, extension, python};
pub use clock::noon;
pub use contents::{contents, create_bulk, create_sample};
pub use halted::HaltedRun;
pub use installation::{Installation, installations};
pub use job::{Job, SHELLS, Shell, YESTERDAY};
pub use kill::Kill;
pub use outcome::{Outcome, Published, WholeDump, unpacked, without_keys};
pub use processes::{Process, figure};
pub use random::{Random, cases, seeds};
pub use root::{as_user, skip, skipped_without_root};
pub use run::{
    Finished, Run, assert_has, assert_panic_is_one_line, assert_times, end_of, in_background,
    run_with_input, shim, wait_for, wrapped,
};
pub use server::{Server, server};
pub use site::{LIST, Site};
pub use small_disk::SmallDisk;
pub use tool::{copy_programs, path_with_tools, script, tool, workspace};
