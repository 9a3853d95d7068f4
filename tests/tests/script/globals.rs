//! `<globals>`: what the dumps of single databases leave out, in a file of its own.

use cback_tests::{Finished, Run, Shell, Site, in_each_shell, server, unpacked};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Once;

const FILE: &str = "postgresqlglobals.txt.gz";

in_each_shell!(
    globals_recreate_roles_and_the_named_databases,
    a_missing_database_is_left_out_of_the_globals_and_named,
    globals_that_fail_leave_the_last_ones_alone,
);

fn configure(site: &Site, databases: &[&str]) {
    let names = databases.join("</database><database>");
    site.configure_section(&format!(
        "<user>postgres</user><compress_mode>gzip</compress_mode><globals>Y</globals>
         <database>{names}</database>"
    ));
}

const DATABASE: &str = "a=b 'c' \\ -x";

/// The server that they make is looked at by cback-pgdump's `globals`, and by `verify`.
fn globals_recreate_roles_and_the_named_databases(shell: Shell) {
    static CREATED: Once = Once::new();
    CREATED.call_once(|| {
        server().create_database(DATABASE);
        server().sql("postgres", "CREATE ROLE seller PASSWORD 'secret'");
        let owner = format!("ALTER DATABASE \"{DATABASE}\" OWNER TO seller");
        server().sql("postgres", &owner);
    });
    let site = Site::new();
    configure(&site, &[DATABASE, "postgres"]);
    // Started elsewhere, by a relative name.
    let mut command = site.command(server(), shell);
    command.args(["--config", "cback3.conf"]);
    command.current_dir(site.path("."));
    command.run().succeeds();
    let file = site.collect_dir().join(FILE);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let globals = String::from_utf8(unpacked(&file).unwrap()).unwrap();
    let (_, databases) = globals.split_once("\nALTER ROLE seller WITH ").unwrap();
    for part in [
        " PASSWORD 'SCRAM-SHA-256$",
        "\nCREATE DATABASE ",
        "OWNER TO seller;",
    ] {
        assert_eq!(databases.matches(part).count(), 1, "{part}: {globals}");
    }
    assert!(databases.contains(&format!("\"{DATABASE}\" ")), "{globals}");
}

/// "One database failing does not stop the others": they are in the globals, which are new.
fn a_missing_database_is_left_out_of_the_globals_and_named(shell: Shell) {
    let site = Site::new();
    configure(&site, &["postgres", "missing"]);
    let said = site.run(server(), shell).fails(1);
    let last = "\ncback-postgresql: not backed up: missing\n";
    let message = "roles and tablespaces: cback-pgdump: database \"missing\" does not exist: its";
    assert!(said.contains(message) && said.ends_with(last), "{said}");
    let globals = unpacked(&site.collect_dir().join(FILE)).unwrap();
    let globals = String::from_utf8(globals).unwrap();
    assert!(globals.contains("\\connect postgres") && !globals.contains("missing"));
}

fn globals_that_fail_leave_the_last_ones_alone(shell: Shell) {
    let mut site = Site::new();
    let failing = site.shim("failing", "exit 1");
    site.override_command("pg_dumpall", &failing);
    configure(&site, &["postgres"]);
    let file = site.collect_dir().join(FILE);
    fs::write(&file, "yesterday's").unwrap();
    let said = site.run(server(), shell).fails(1);
    let last = "\ncback-postgresql: not backed up: roles and tablespaces\n";
    assert!(said.ends_with(last), "{said}");
    assert_eq!(fs::read(&file).unwrap(), b"yesterday's");
}
