//! Whom the script connects as, and who gets to know it.

use cback_tests::{Finished, HaltedRun, Run, Server, Shell, Site, in_each_shell, server};
use std::sync::Once;

in_each_shell!(
    the_configured_user_connects_and_without_one_libpqs_own,
    ps_shows_neither_the_user_nor_the_database,
);

fn section(user: &str, database: &str) -> String {
    format!("<user>{user}</user><compress_mode>none</compress_mode><database>{database}</database>")
}

/// With two roles, and a database of the second's.
fn server_with_roles() -> &'static Server {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for role in ["clerk", "secretrole"] {
            server().sql("postgres", &format!("CREATE ROLE {role} SUPERUSER LOGIN"));
        }
        server().create_database("secretdatabase");
    });
    server()
}

fn the_configured_user_connects_and_without_one_libpqs_own(shell: Shell) {
    let site = Site::new();
    // The environment names somebody else, who does not exist.
    let mut command = site.command(server_with_roles(), shell);
    command.env("PGUSER", "nobody-here");
    site.configure_section(&section("clerk", "postgres"));
    command.run().succeeds();
    site.configure_section(&section("", "postgres"));
    let said = command.run().fails(1);
    let reason = "role \"nobody-here\" does not exist";
    assert!(said.contains(reason), "{said}");
}

fn ps_shows_neither_the_user_nor_the_database(shell: Shell) {
    let mut run = HaltedRun::start(Site::new(), server_with_roles(), shell, 1, |site| {
        site.configure_section(&section("secretrole", "secretdatabase"));
    });
    let processes = run.site.processes();
    run.go_on().succeeds();
    for program in "cback-postgresql cback-pgdump shim-for-pg_dump cback-compress".split(' ') {
        let is_shown = processes.iter().any(|line| line.contains(program));
        assert!(is_shown, "{program}: {processes:?}");
    }
    let tells = processes.iter().any(|line| line.contains("secret"));
    assert!(!tells, "{processes:?}");
}
