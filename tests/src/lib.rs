//! What the tests of this workspace stand on: a PostgreSQL server of their own, every version
//! that the machine has, and the programs under test.
//!
//! Everything here panics with one clear line when it cannot do its work: a test that lacks its
//! ground has to fail.
#![allow(clippy::missing_panics_doc)]

mod account;
mod cback3;
mod contender;
mod contents;
mod dice;
mod installation;
mod installed;
mod kill;
mod machine;
mod processes;
mod server;
mod site;
mod small_disk;
mod tally;
pub mod trace;
pub mod verdict;
mod wrap;

pub use account::unprivileged;
pub use cback3::{cback3, python};
pub use contender::{Contender, Job};
pub use contents::{contents, create_bulk, create_sample};
pub use dice::{Dice, seeds};
pub use installation::{Installation, installations};
pub use installed::installer;
pub use kill::Kill;
pub use machine::throwaway_machine;
pub use processes::Process;
pub use server::Server;
pub use site::{SHELLS, Site, path_with_tools};
pub use small_disk::SmallDisk;
pub use tally::{Tally, table};
pub use wrap::wrapped;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The built program `name` of this workspace, of the profile that the test was built with.
pub fn tool(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own executable");
    // target/PROFILE/deps/TEST-HASH
    let profile = test.parent().and_then(Path::parent).unwrap_or(&test);
    let tool = profile.join(name);
    assert!(
        tool.is_file(),
        "{} is not built: run cargo build --workspace first",
        tool.display()
    );
    tool
}

/// `scripts/NAME` of this workspace.
pub fn script(name: &str) -> PathBuf {
    let script = workspace().join("scripts").join(name);
    assert!(script.is_file(), "{} does not exist", script.display());
    script
}

/// The directory that holds the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lies in the workspace")
}

/// Looks until `condition` holds; panics, naming `what`, when that takes longer than `deadline`.
#[track_caller]
pub fn wait_for(what: &str, deadline: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < deadline,
            "waited {deadline:?} in vain: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
