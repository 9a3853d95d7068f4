//! The Debian package: without errors, usable once apt has installed it, and gone without a trace.
//! It is installed on a copy of the machine that is thrown away.

use cback_tests::{
    Finished, Run, Server, Site, cback3, copy_environment, extension, script, shell_line, shim,
    skipped_without_root, throwaway_machine, tool,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// As `cargo build --release` would leave the programs: stripped.
fn package(scratch: &Path) -> PathBuf {
    fs::create_dir_all(scratch.join("release")).unwrap();
    for program in [
        "cback-pgconf",
        "cback-pgdump",
        "cback-compress",
        "cback-manual",
    ] {
        let mut strip = Command::new("strip");
        strip.arg("-o").arg(scratch.join("release").join(program));
        strip.arg(tool(program)).run().succeeds();
    }
    let mut package = Command::new(script("package"));
    let printed = package.env("CARGO_TARGET_DIR", scratch).prints();
    PathBuf::from(printed.trim_end())
}

#[test]
fn lintian_finds_no_error_and_the_version_is_the_workspaces() {
    let scratch = TempDir::new().unwrap();
    let package = package(scratch.path());
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "error,warning"]);
    // It is nobody's intention to upload it to Debian.
    lintian.args(["--suppress-tags", "initial-upload-closes-no-bugs"]);
    lintian.arg(&package).run().succeeds();
    let mut version = Command::new("dpkg-deb");
    version.arg("--field").arg(&package).arg("Version");
    let expected = concat!(env!("CARGO_PKG_VERSION"), "-1\n");
    assert_eq!(version.prints(), expected);
}

/// apt installs, cback3 backs up with what was installed, apt removes: no file of ours is left,
/// Python's compiled module included.
#[test]
fn it_is_installed_works_under_cback3_and_leaves_no_trace() {
    let server = Server::start();
    let mut site = Site::new();
    site.add_section(&extension("cback_postgresql"));
    site.configure("gzip", &["postgres"]);
    let package = package(&site.path("target"));
    let action = cback3(&site, &server);
    let script = format!(
        "! command -v cback-postgresql || {{ echo 'a package is installed already' >&2; exit 1; }}
         list() {{ find /etc /opt /usr /var/lib/dpkg/info -xdev ! -path '*/__pycache__/[!c]*' | sort; }}
         list >{site}/before
         apt-get -q -y --no-install-recommends install '{package}'
         {action} postgresql
         man -w cback-postgresql cback-pgconf cback-pgdump cback-compress
         list >{site}/installed
         cd /usr/share/doc/cback-postgresql
         grep -o ']([^:#)]*)' README.md | tr -d '])(' | xargs -n 1 test -e
         cd /
         apt-get -q -y purge cback-postgresql
         list >{site}/after",
        package = package.display(),
        action = shell_line(&action),
        site = site.path("").display(),
    );
    let Some(mut machine) = throwaway_machine(&script) else {
        return;
    };
    copy_environment(&action, &mut machine);
    machine.env(
        "PATH",
        format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", server.bin().display()),
    );
    machine.env("PYTHONPATH", "/usr/lib/python3/dist-packages");
    machine.env_remove("PYTHONDONTWRITEBYTECODE");
    let said = machine.env("DEBIAN_FRONTEND", "noninteractive").prints();
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt.gz"]);
    let [before, installed, after] = ["before", "installed", "after"].map(|name| {
        let list = fs::read_to_string(site.path(name)).unwrap();
        list.lines().map(str::to_owned).collect::<BTreeSet<_>>()
    });
    assert!(installed.contains("/usr/bin/cback-postgresql"), "{said}");
    let compiled = |file: &String| file.contains("/__pycache__/cback_postgresql.");
    assert!(installed.iter().any(compiled), "{said}");
    let trace: Vec<_> = after.symmetric_difference(&before).collect();
    assert!(trace.is_empty(), "{trace:?}");
}

/// It takes no other package along but those that it cannot do without: not Cedar Backup, which takes an
/// SSH server along.
#[test]
fn it_recommends_nothing() {
    let scratch = TempDir::new().unwrap();
    let package = package(scratch.path());
    let field = |name| {
        let mut field = Command::new("dpkg-deb");
        let field = field.arg("--field").arg(&package).arg(name).prints();
        field.trim_end().to_owned()
    };
    assert_eq!(field("Recommends"), "");
    assert!(field("Suggests").contains("cedar-backup3"));
    let depends = field("Depends");
    let names = depends
        .split(", ")
        .map(|one| one.split(' ').next().unwrap());
    let names: Vec<_> = names.map(str::trim_end).collect();
    let known = [
        "libc6",
        "libgcc-s1",
        "postgresql-client",
        "python3",
        "util-linux",
    ];
    assert_eq!(names, known);
}

/// What deb-systemd-helper and systemctl are told, in the order of an administrator's doings. A real
/// systemd sees it in scripts/trial.
#[test]
fn its_timer_is_stopped_on_removal_and_forgotten_on_purge() {
    let scratch = TempDir::new().unwrap();
    for program in ["deb-systemd-helper", "deb-systemd-invoke", "systemctl"] {
        let line = format!(
            "echo ${{0##*/}} \"$@\" >>\"{}/told\"",
            scratch.path().display()
        );
        shim(&scratch.path().join(program), &line);
    }
    if skipped_without_root("it changes a copy of the machine") {
        return;
    }
    let told = |call: &str| {
        let script = format!(
            "mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system; PATH={0}:$PATH; \
             : >{0}/told; scripts/debian/{call}; cat {0}/told",
            scratch.path().display()
        );
        throwaway_machine(&script).unwrap().prints()
    };
    let configured = told("postinst configure");
    for timer in ["cback-postgresql.timer", "cback-pgverify.timer"] {
        assert!(configured.contains(&format!("deb-systemd-helper update-state {timer}\n")));
        assert!(configured.contains(&format!("deb-systemd-invoke restart {timer}\n")));
    }
    let stop = "deb-systemd-invoke stop cback-postgresql.timer cback-postgresql.service \
        cback-pgverify.timer cback-pgverify.service\n";
    assert_eq!(told("prerm upgrade"), "");
    assert_eq!(told("prerm remove"), stop);
    assert_eq!(told("postrm remove"), "systemctl --system daemon-reload\n");
    let purge = "deb-systemd-helper purge cback-postgresql.timer\n\
        deb-systemd-helper purge cback-pgverify.timer\n";
    assert_eq!(told("postrm purge"), purge);
}

#[test]
fn without_its_tools_one_line_says_which_package_has_them() {
    let scratch = TempDir::new().unwrap();
    for program in ["dirname", "sed", "dpkg-deb"] {
        std::os::unix::fs::symlink(format!("/usr/bin/{program}"), scratch.path().join(program))
            .unwrap();
    }
    let mut package = Command::new("/bin/sh");
    package.arg(script("package")).env("PATH", scratch.path());
    let said = package.run().fails(1);
    let expected = "package: no dpkg-shlibdeps: as root, apt install dpkg-dev\n";
    assert_eq!(said, expected);
}
