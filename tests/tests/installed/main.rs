//! What a user gets and reads: the installation, the package, the units, the manual, README.md.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod completion;
mod install;
mod manual;
mod package;
mod prerequisites;
mod progress;
mod readme;
mod units;

use cback_tests::{Finished, Run, installer};
use tempfile::TempDir;

/// What `scripts/install` puts into a prefix.
fn installed() -> TempDir {
    let prefix = TempDir::new().unwrap();
    let mut install = installer(prefix.path());
    install.arg("--prefix").arg(prefix.path());
    install.run().succeeds();
    prefix
}
