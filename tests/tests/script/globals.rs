//! `<globals>`: what the dumps of single databases leave out, in a file of its own.

use cback_tests::{Finished, Server, Shell, Site, in_each_shell, server, unpacked};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const FILE: &str = "postgresqlglobals.txt.gz";

in_each_shell!(
    globals_recreate_roles_and_the_named_databases,
    globals_that_fail_leave_the_last_ones_alone,
);

fn site(databases: &[&str]) -> Site {
    let site = Site::new();
    let names = databases.join("</database><database>");
    site.configure_section(&format!(
        "<user>postgres</user><compress_mode>gzip</compress_mode><globals>Y</globals>
         <database>{names}</database>"
    ));
    site
}

fn globals_recreate_roles_and_the_named_databases(shell: Shell) {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk PASSWORD 'secret'");
    server.create_database("a=b 'c' \\ -x");
    server.sql(
        "postgres",
        "ALTER DATABASE \"a=b 'c' \\ -x\" OWNER TO clerk",
    );
    let site = site(&["a=b 'c' \\ -x", "postgres"]);
    // Started elsewhere, by a relative name.
    let mut command = site.command(&server, shell);
    command.args(["--config", "cback3.conf"]);
    command.current_dir(site.path("."));
    command.output().unwrap().succeeds();
    let file = site.collect_dir().join(FILE);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);

    let empty = Server::start();
    let globals = String::from_utf8(unpacked(&file).unwrap()).unwrap();
    empty.sql("postgres", &globals);
    let owner = "SELECT pg_get_userbyid(datdba), rolpassword LIKE 'SCRAM-SHA-256$%' \
        FROM pg_database JOIN pg_authid ON rolname = 'clerk' WHERE datname LIKE 'a=b%'";
    assert_eq!(empty.sql("postgres", owner), "clerk|t\n");
}

fn globals_that_fail_leave_the_last_ones_alone(shell: Shell) {
    let site = site(&["postgres", "missing"]);
    let file = site.collect_dir().join(FILE);
    fs::write(&file, "yesterday's").unwrap();
    let said = site.command(server(), shell).output().unwrap().fails(1);
    let last = said.lines().last().unwrap();
    let named = "cback-postgresql: not backed up: roles and tablespaces, missing";
    assert_eq!(last, named, "{said}");
    assert_eq!(fs::read(&file).unwrap(), b"yesterday's");
}
