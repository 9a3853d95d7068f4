//! The programs under test, as `scripts/install` installs them, and copies of what it takes to make a backup.

use crate::{script, tool};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// `scripts/install`, which takes the programs of the test's own profile for those of a release;
/// `scratch` is a directory for the pretence.
pub fn installer(scratch: &Path) -> Command {
    let built = tool("cback-pgconf");
    let target = scratch.join("target");
    fs::create_dir_all(&target).expect("room for a link");
    let profile = built.parent().expect("it lies in its profile's directory");
    symlink(profile, target.join("release")).expect("installer is called once a directory");
    let mut command = Command::new(script("install"));
    command.env("CARGO_TARGET_DIR", target);
    command
}

/// Copies cback-postgresql to the directory `to`, and its tools to `tools`.
pub fn copy_programs(to: &Path, tools: &Path) {
    for directory in [to, tools] {
        fs::create_dir_all(directory).expect("room for a directory");
    }
    let name = "cback-postgresql";
    fs::copy(script(name), to.join(name)).expect("room for a script");
    for name in ["cback-pgconf", "cback-pgdump", "cback-compress"] {
        fs::copy(tool(name), tools.join(name)).expect("room for a program");
    }
}
