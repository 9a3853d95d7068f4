//! What `scripts/install` installs, of the programs under test.

use crate::{script, tool};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// `scripts/install`, which takes the programs of the test's own profile for those of a release;
/// `scratch` is a directory for the pretence.
pub fn installer(scratch: &Path) -> Command {
    let built = tool("cback-pgconf");
    let target = scratch.join("target");
    std::fs::create_dir_all(&target).expect("room for a link");
    let profile = built.parent().expect("it lies in its profile's directory");
    symlink(profile, target.join("release")).expect("installer is called once a directory");
    let mut command = Command::new(script("install"));
    command.env("CARGO_TARGET_DIR", target);
    command
}
