//! The Debian package: without errors, and with no dependency too many. README.md's first step installs it in `readme`,
//! and its last removes it; its timers are stopped, remembered and forgotten by the systemd of `scripts/trial`.

use crate::PROGRAMS;
use cback_tests::{Finished, Run, script, tool};
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// "The package pulls in PostgreSQL's clients, if they are not there yet, and no more": not Cedar Backup, which takes an
/// SSH server along.
#[test]
fn lintian_finds_no_error_and_nothing_is_taken_along_but_what_it_needs() {
    // Stripped, as `cargo build --release` would leave them.
    let scratch = TempDir::new().unwrap();
    let release = scratch.path().join("release");
    fs::create_dir(&release).unwrap();
    for program in PROGRAMS.into_iter().chain(["cback-manual"]) {
        let mut strip = Command::new("strip");
        strip.arg("-o").arg(release.join(program));
        strip.arg(tool(program)).run().succeeds();
    }
    let mut package = Command::new(script("package"));
    let package = package.env("CARGO_TARGET_DIR", scratch.path()).prints();
    let package = package.trim_end();
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "error,warning"]);
    // It is nobody's intention to upload it to Debian.
    lintian.args(["--suppress-tags", "initial-upload-closes-no-bugs"]);
    lintian.arg(package).run().succeeds();

    let mut fields = Command::new("dpkg-deb");
    fields.args(["--show", "--showformat"]);
    fields.arg("${Version}\n${Recommends}\n${Suggests}\n${Depends}");
    let fields = fields.arg(package).prints();
    let (others, depends) = fields.rsplit_once('\n').unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("{version}-1\n\ncedar-backup3, postgresql, bubblewrap, keyutils");
    assert_eq!(others, expected);
    let names = depends.split(", ").map(|it| it.split(' ').next().unwrap());
    let names = names.collect::<Vec<_>>().join(" ");
    let needed = "libc6 libgcc-s1 postgresql-client python3 util-linux";
    assert_eq!(names, needed);
}
