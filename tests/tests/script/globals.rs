//! `<globals>`: what the dumps of single databases leave out, in a file of its own.

use cback_tests::{
    Finished, Run, SHELLS, Server, Shell, Site, in_each_shell, server, unpacked, without_keys,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;

const FILE: &str = "postgresqlglobals.txt.gz";

in_each_shell!(
    globals_recreate_roles_and_the_named_databases,
    a_missing_database_is_left_out_of_the_globals_and_named,
    globals_that_fail_leave_the_last_ones_alone,
);

fn site(databases: &[&str]) -> Site {
    let site = Site::new();
    configure(&site, databases);
    site
}

fn configure(site: &Site, databases: &[&str]) {
    let names = databases.join("</database><database>");
    site.configure_section(&format!(
        "<user>postgres</user><compress_mode>gzip</compress_mode><globals>Y</globals>
         <database>{names}</database>"
    ));
}

const DATABASE: &str = "a=b 'c' \\ -x";

/// With a role that has a password, and a database of its own.
static OWNED: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk PASSWORD 'secret'");
    server.create_database(DATABASE);
    let sql = format!("ALTER DATABASE \"{DATABASE}\" OWNER TO clerk");
    server.sql("postgres", &sql);
    server
});

/// The globals of [`OWNED`] by the first shell, restored into an empty server.
static PROVEN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let globals = globals_of_owned(SHELLS[0]);
    let empty = Server::start();
    empty.sql("postgres", &String::from_utf8(globals.clone()).unwrap());
    let owner = "SELECT pg_get_userbyid(datdba), rolpassword LIKE 'SCRAM-SHA-256$%' \
        FROM pg_database JOIN pg_authid ON rolname = 'clerk' WHERE datname LIKE 'a=b%'";
    assert_eq!(empty.sql("postgres", owner), "clerk|t\n");
    globals
});

fn globals_of_owned(shell: Shell) -> Vec<u8> {
    let site = site(&[DATABASE, "postgres"]);
    // Started elsewhere, by a relative name.
    let mut command = site.command(&OWNED, shell);
    command.args(["--config", "cback3.conf"]);
    command.current_dir(site.path("."));
    command.run().succeeds();
    let file = site.collect_dir().join(FILE);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    without_keys(&unpacked(&file).unwrap())
}

/// The same text from each shell: so what one of them restores to holds for all.
fn globals_recreate_roles_and_the_named_databases(shell: Shell) {
    assert!(!PROVEN.is_empty());
    assert_eq!(globals_of_owned(shell), *PROVEN);
}

/// "One database failing does not stop the others": they are in the globals, which are new.
fn a_missing_database_is_left_out_of_the_globals_and_named(shell: Shell) {
    let site = site(&["postgres", "missing"]);
    let file = site.collect_dir().join(FILE);
    fs::write(&file, "yesterday's").unwrap();
    let said = site.run(server(), shell).fails(1);
    let last = said.lines().last().unwrap();
    assert_eq!(last, "cback-postgresql: not backed up: missing", "{said}");
    let message =
        "roles and tablespaces: cback-pgdump: database \"missing\" does not exist: its definition";
    assert!(said.contains(message), "{said}");
    let globals = String::from_utf8(unpacked(&file).unwrap()).unwrap();
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
    let last = said.lines().last().unwrap();
    let named = "cback-postgresql: not backed up: roles and tablespaces";
    assert_eq!(last, named, "{said}");
    assert_eq!(fs::read(&file).unwrap(), b"yesterday's");
}
