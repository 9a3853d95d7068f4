//! Everything that a user gets and reads: the installation, the package, the units, the manual, README.md.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod completion;
mod install;
mod manual;
mod package;
mod progress;
mod readme;
mod units;

use cback_tests::{Finished, Run, script, tool};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const PROGRAMS: [&str; 3] = ["cback-compress", "cback-pgconf", "cback-pgdump"];
const SCRIPTS: [&str; 3] = ["cback-pgrestore", "cback-pgverify", "cback-postgresql"];

/// `scripts/install`, which takes the programs of the test's own profile for those of a release;
/// `scratch` is a directory for the pretence, once only.
fn installer(scratch: &Path) -> Command {
    let built = tool("cback-pgconf");
    let target = scratch.join("target");
    std::fs::create_dir_all(&target).unwrap();
    std::os::unix::fs::symlink(built.parent().unwrap(), target.join("release")).unwrap();
    let mut command = Command::new(script("install"));
    command.env("CARGO_TARGET_DIR", target);
    command
}

/// A prefix with all that `scripts/install` installs.
fn installed() -> TempDir {
    let prefix = TempDir::new().unwrap();
    let mut install = installer(prefix.path());
    install.arg("--prefix").arg(prefix.path());
    install.run().succeeds();
    prefix
}
