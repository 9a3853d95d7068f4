//! The Debian package: without errors, usable once apt has installed it, and gone without a trace.
//! Its timers are stopped, remembered and forgotten by the systemd of `scripts/trial`.

use crate::PROGRAMS;
use crate::machine::throwaway_machine;
use cback_tests::{Finished, Run, Site, cback3, extension, script, server, tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// `cargo build --release` would leave the programs like this: stripped.
fn package(scratch: &Path) -> PathBuf {
    fs::create_dir_all(scratch.join("release")).unwrap();
    for program in PROGRAMS.into_iter().chain(["cback-manual"]) {
        let mut strip = Command::new("strip");
        strip.arg("-o").arg(scratch.join("release").join(program));
        strip.arg(tool(program)).run().succeeds();
    }
    let mut package = Command::new(script("package"));
    let printed = package.env("CARGO_TARGET_DIR", scratch).prints();
    PathBuf::from(printed.trim_end())
}

/// "The package pulls in PostgreSQL's clients, if they are not there yet, and no more": not Cedar Backup, which takes an
/// SSH server along.
#[test]
fn lintian_finds_no_error_and_nothing_is_taken_along_but_what_it_needs() {
    let scratch = TempDir::new().unwrap();
    let package = package(scratch.path());
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "error,warning"]);
    // It is nobody's intention to upload it to Debian.
    lintian.args(["--suppress-tags", "initial-upload-closes-no-bugs"]);
    lintian.arg(&package).run().succeeds();

    let mut fields = Command::new("dpkg-deb");
    fields.arg("--show").arg("--showformat");
    fields.arg("${Version}\n${Recommends}\n${Suggests}\n${Depends}");
    let fields = fields.arg(&package).prints();
    let (others, depends) = fields.rsplit_once('\n').unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("{version}-1\n\ncedar-backup3, postgresql, bubblewrap, keyutils");
    assert_eq!(others, expected);
    let names = depends.split(", ").map(|it| it.split(' ').next().unwrap());
    let names = names.collect::<Vec<_>>().join(" ");
    let needed = "libc6 libgcc-s1 postgresql-client python3 util-linux";
    assert_eq!(names, needed);
}

/// apt installs, cback3 backs up with what was installed, apt removes: no file of ours is left,
/// Python's compiled module included.
#[test]
fn it_is_installed_works_under_cback3_and_leaves_no_trace() {
    let mut site = Site::new();
    site.add_section(&extension("cback_postgresql"));
    site.configure("gzip", &["postgres"]);
    let package = package(&site.path("target"));
    let script = format!(
        "! command -v cback-postgresql || {{ echo 'a package is installed already' >&2; exit 1; }}
         list() {{ find /etc /opt /usr /var/lib/dpkg/info -xdev ! -path '*/__pycache__/[!c]*' | sort; }}
         list >before
         apt-get -q -y --no-install-recommends install '{package}'
         \"$@\"
         man -w cback-postgresql cback-pgconf cback-pgdump cback-compress cback-pgverify
         test -e /usr/lib/python3/dist-packages/__pycache__/cback_postgresql.*
         cd /usr/share/doc/cback-postgresql
         grep -o ']([^:#)]*)' README.md | tr -d '])(' | xargs -n 1 test -e
         cd {site}
         apt-get -q -y purge cback-postgresql
         list | diff before -",
        package = package.display(),
        site = site.path("").display(),
    );
    let mut action = cback3(&site, server());
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", server().bin().display());
    action.envs([("PATH", &*path), ("DEBIAN_FRONTEND", "noninteractive")]);
    action.env("PYTHONPATH", "/usr/lib/python3/dist-packages");
    action.env_remove("PYTHONDONTWRITEBYTECODE");
    let script = format!("cd {}; {script}", site.path("").display());
    let Some(mut machine) = throwaway_machine(&script, action.arg("postgresql")) else {
        return;
    };
    machine.run().succeeds();
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt.gz"]);
}
