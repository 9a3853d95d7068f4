//! `scripts/prerequisites`: whatever is missing is said in one line.

use cback_tests::{Finished, Run, script, shim};
use std::process::Command;
use tempfile::TempDir;

/// Debian 12's cargo is 1.65, which stops at a line of Cargo.toml: so it is not installed, and not
/// taken.
#[test]
fn without_a_recent_cargo_one_line_says_how_to_get_it() {
    for (cargo, found) in [("echo cargo 1.65.0", "1.65.0"), ("exit 127", "none")] {
        let bin = TempDir::new().unwrap();
        shim(&bin.path().join("cargo"), cargo);
        shim(&bin.path().join("apt-get"), "echo it installs >&2; exit 1");
        let mut command = Command::new(script("prerequisites"));
        command.env("PATH", format!("{}:/usr/bin:/bin", bin.path().display()));
        let said = command.arg("build").run().fails(1);
        let wanted = env!("CARGO_PKG_RUST_VERSION");
        let expected = format!(
            "prerequisites: Rust {wanted} or later is needed, here is {found}: \
             https://rustup.rs installs it\n"
        );
        assert_eq!(said, expected);
    }
}
