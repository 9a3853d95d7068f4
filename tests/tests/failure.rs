//! What goes wrong at night leaves yesterday's backup alone and is said in one clear line.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{SHELLS, Server, Site, path_with_tools};
use std::fs;
use std::process::Output;

const YESTERDAY: &[u8] = b"yesterday's backup";

#[test]
fn a_failed_dump_leaves_the_last_backup_alone() {
    let server = Server::start();
    for shell in SHELLS {
        for (mode, suffix) in [("none", ""), ("gzip", ".gz"), ("bzip2", ".bz2")] {
            let site = Site::new();
            site.configure(mode, &["no such database"]);
            let name = format!("postgresqldump-no such database.txt{suffix}");
            std::fs::write(site.collect_dir().join(&name), YESTERDAY).unwrap();
            let output = site.run(&server, shell);
            assert_eq!(output.status.code(), Some(1), "{shell:?} {mode}");
            assert_eq!(site.backup(&name), YESTERDAY, "{shell:?} {mode}");
            assert_eq!(site.listing(), [name.as_str()], "{shell:?} {mode}");
            let said = stderr(&output);
            assert!(
                said.contains("database \"no such database\" does not exist"),
                "{said}"
            );
            let last = "cback-postgresql: not backed up: no such database\n";
            assert!(said.ends_with(last), "{said}");
        }
    }
}

#[test]
fn one_failure_does_not_stop_the_other_backups() {
    let server = Server::start();
    server.create_database("good");
    for shell in SHELLS {
        let site = Site::new();
        site.configure("gzip", &["bad one", "good", "bad two", "postgres"]);
        let output = site.run(&server, shell);
        assert_eq!(output.status.code(), Some(1), "{shell:?}");
        let expected = [
            "postgresqldump-good.txt.gz",
            "postgresqldump-postgres.txt.gz",
        ];
        assert_eq!(site.listing(), expected, "{shell:?}");
        let said = stderr(&output);
        let last = "cback-postgresql: not backed up: bad one, bad two\n";
        assert!(said.ends_with(last), "{shell:?}: {said}");
    }
}

/// `tr` also shows names; `date` and `wc` only adorn a line.
#[test]
fn a_program_that_fails_beside_a_dump_is_no_success() {
    let server = Server::start();
    for shell in SHELLS {
        for (program, code) in [
            ("tr", 1),
            ("od", 1),
            ("mv", 1),
            ("sync", 1),
            ("date", 0),
            ("wc", 0),
        ] {
            let site = Site::new();
            site.configure("gzip", &["postgres", "template1"]);
            fs::create_dir(site.path("failing")).unwrap();
            site.shim(&format!("failing/{program}"), "exit 1");
            let mut path = site.path("failing").into_os_string();
            path.push(":");
            path.push(path_with_tools(&server));
            let output = site.command(&server, shell).env("PATH", path).output();
            let output = output.unwrap();
            let said = stderr(&output);
            assert_eq!(
                output.status.code(),
                Some(code),
                "{shell:?} {program}: {said}"
            );
            let last = "cback-postgresql: not backed up: postgres, template1\n";
            assert_eq!(
                said.ends_with(last),
                code == 1,
                "{shell:?} {program}: {said}"
            );
        }
    }
}

#[test]
fn a_cut_off_dump_is_a_failure() {
    let server = Server::start();
    let mut site = Site::new();
    let shim = site.shim("pg_dump", "pg_dump \"$@\" | head -n 10");
    site.override_command("pg_dump", &shim);
    site.configure("gzip", &["postgres"]);
    let output = site.run(&server, &["sh"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(site.listing().is_empty());
}

#[test]
fn without_a_server_nothing_is_written() {
    let server = Server::start();
    let site = Site::new();
    site.configure("gzip", &["postgres"]);
    let mut command = site.command(&server, &["sh"]);
    let output = command
        .env("PGHOST", site.path("no-socket-here"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("connection to server on socket"),
        "{}",
        stderr(&output)
    );
    assert!(site.listing().is_empty());
}

/// The backup user owns `collect_dir`; the script runs as root.
#[test]
fn a_link_in_place_of_the_work_directory_leads_nowhere() {
    let server = Server::start();
    for shell in SHELLS {
        let site = Site::new();
        site.configure("none", &["postgres"]);
        let elsewhere = site.path("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::fs::write(elsewhere.join("dump"), "precious").unwrap();
        let work = site.collect_dir().join(".cback-postgresql");
        // Found there before the start: it is removed, not followed.
        std::os::unix::fs::symlink(&elsewhere, &work).unwrap();
        assert!(site.run(&server, shell).status.success(), "{shell:?}");
        assert_eq!(
            std::fs::read(elsewhere.join("dump")).unwrap(),
            b"precious",
            "{shell:?}"
        );
        // Put there in the very moment after the directory was made.
        let mkdir = format!("ln -s '{}' \"$2\"", elsewhere.display());
        std::fs::create_dir(site.path("bin")).unwrap();
        site.shim("bin/mkdir", &mkdir);
        let mut path = site.path("bin").into_os_string();
        path.push(":");
        path.push(path_with_tools(&server));
        let output = site
            .command(&server, shell)
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{shell:?}");
        assert!(
            stderr(&output).contains("is not the directory it was made as"),
            "{shell:?}"
        );
        assert_eq!(
            std::fs::read(elsewhere.join("dump")).unwrap(),
            b"precious",
            "{shell:?}"
        );
        assert!(!elsewhere.join("pid").exists(), "{shell:?}");
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
