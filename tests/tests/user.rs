//! Whom the script connects as, and who gets to know it.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{SHELLS, Server, Site, wait_for};
use std::fs;
use std::process::Stdio;
use std::time::Duration;

fn section(user: &str, database: &str) -> String {
    format!("<user>{user}</user><compress_mode>none</compress_mode><database>{database}</database>")
}

#[test]
fn the_configured_user_connects_and_without_one_libpqs_own() {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk SUPERUSER LOGIN");
    for shell in SHELLS {
        let site = Site::new();
        // The environment names somebody else, who does not exist.
        let run = || {
            site.command(&server, shell)
                .env("PGUSER", "nobody-here")
                .output()
                .unwrap()
        };
        site.configure_section(&section("clerk", "postgres"));
        let output = run();
        assert!(output.status.success(), "{shell:?}: {output:?}");
        site.configure_section(&section("", "postgres"));
        let output = run();
        assert_eq!(output.status.code(), Some(1), "{shell:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("role \"nobody-here\" does not exist"),
            "{shell:?}: {said}"
        );
    }
}

#[test]
fn ps_shows_neither_the_user_nor_the_database() {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE secretrole SUPERUSER LOGIN");
    server.create_database("secretdatabase");
    for shell in SHELLS {
        let mut site = Site::new();
        let gate = site.halt_dumps();
        site.configure_section(&section("secretrole", "secretdatabase"));
        let mut run = site
            .command(&server, shell)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let half_made = site.collect_dir().join(".cback-postgresql/dump");
        wait_for("a backup is half made", Duration::from_secs(60), || {
            fs::metadata(&half_made).is_ok_and(|metadata| metadata.len() > 0)
        });
        let processes = site.processes();
        fs::write(&gate, "").unwrap();
        assert!(run.wait().unwrap().success(), "{shell:?}");
        for program in [
            "cback-postgresql",
            "cback-pgdump",
            "halting-pg_dump",
            "cback-compress",
        ] {
            assert!(
                processes.iter().any(|process| process.contains(program)),
                "{processes:?}"
            );
        }
        assert!(
            !processes.iter().any(|process| process.contains("secret")),
            "{processes:?}"
        );
    }
}
