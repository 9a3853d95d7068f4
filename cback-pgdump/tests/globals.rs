//! Roles and tablespaces alone, proven whole like any dump.

mod ground;

use cback_tests::{Server, installations, tool};
use ground::{dumped, run, stderr, with_shim, without_keys};
use std::process::Command;

const SEAL: &str = "a-word-for-this-dump";

fn cback_pgdump(server: &Server) -> Command {
    let mut command = server.command(tool("cback-pgdump"));
    command.args(["--globals", "--seal", SEAL]);
    command
}

#[test]
fn globals_are_pg_dumpalls_own_with_passwords() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        server.sql("postgres", "CREATE ROLE \"a b\" PASSWORD 'secret'");
        let original = dumped(server.command("pg_dumpall").arg("--globals-only"));
        let sealed = dumped(&mut cback_pgdump(&server));
        let globals = sealed.strip_suffix(SEAL).expect("a seal");
        assert!(globals.contains("CREATE ROLE \"a b\";\n"), "{globals}");
        assert!(globals.contains(" PASSWORD 'SCRAM-SHA-256$"), "{globals}");
        assert_eq!(without_keys(globals), without_keys(&original));
    }
}

#[test]
fn a_role_that_may_not_read_passwords_dumps_the_rest_and_is_told() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        server.sql(
            "postgres",
            "CREATE ROLE clerk LOGIN PASSWORD 'secret'; CREATE ROLE other",
        );
        let output = run(cback_pgdump(&server).env("PGUSER", "clerk"));
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        let ours = "cback-pgdump: globals: without the roles' passwords, which this user may not \
            read\ncback-pgdump: hint: set them again after a restore, or have a superuser make \
            this dump\n";
        assert!(said.ends_with(ours), "{said}");
        let sealed = String::from_utf8(output.stdout).expect("text");
        let globals = sealed.strip_suffix(SEAL).expect("a seal");
        assert_eq!(globals.matches("cluster dump\n").count(), 1, "{globals}");
        assert!(globals.contains("CREATE ROLE other;\n") && !globals.contains("PASSWORD"));
    }
}

/// Other failures are failures, and nothing is written for a dump that breaks off.
#[test]
fn what_is_not_whole_is_not_globals() {
    for script in [
        "echo CREATE ROLE a",
        "exit 1",
        "echo pg_authid >&2; exit 1",
        "printf '%s\n' '-- PostgreSQL database dump complete' -- ''",
    ] {
        let output = run(with_shim(script).args(["--globals", "--seal", SEAL]));
        assert_eq!(output.status.code(), Some(1), "{script}");
        assert!(output.stdout.is_empty(), "{script}");
        assert!(
            stderr(&output).contains("cback-pgdump: globals: "),
            "{script}"
        );
    }
}
