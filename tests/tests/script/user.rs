//! Whom the script connects as, and who gets to know it.

use cback_tests::{Finished, HaltedRun, Run, Shell, Site, in_each_shell, server};
use std::sync::Once;

in_each_shell!(
    the_configured_user_connects_and_without_one_libpqs_own,
    ps_shows_neither_the_user_nor_the_database,
);

fn configure(site: &Site, user: &str, database: &str) {
    let mode = "<compress_mode>none</compress_mode>";
    site.configure_section(&format!(
        "<user>{user}</user>{mode}<database>{database}</database>"
    ));
}

fn the_configured_user_connects_and_without_one_libpqs_own(shell: Shell) {
    let site = Site::new();
    // The environment names somebody else, who does not exist.
    let mut command = site.command(server(), shell);
    command.env("PGUSER", "nobody-here");
    configure(&site, "postgres", "postgres");
    command.run().succeeds();
    configure(&site, "", "postgres");
    let said = command.run().fails(1);
    let reason = "role \"nobody-here\" does not exist";
    assert!(said.contains(reason), "{said}");
}

fn ps_shows_neither_the_user_nor_the_database(shell: Shell) {
    static CREATED: Once = Once::new();
    CREATED.call_once(|| {
        server().sql("postgres", "CREATE ROLE secretrole SUPERUSER LOGIN");
        server().create_database("secretdatabase");
    });
    let mut run = HaltedRun::start(Site::new(), server(), shell, 1, |site| {
        configure(site, "secretrole", "secretdatabase");
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
