//! "What pg_dump leaves out without failing (what this role may not see) is a failure, or said."

use crate::{HIDDEN, SEAL, VERSIONS, failed, pgdump, run, written};
use cback_tests::{Finished, Server};

/// The messages of a dump of `target` by `user`, which has to succeed.
#[track_caller]
fn said(server: &Server, user: &str, target: &str) -> String {
    let output = run(&pgdump(server, &["--user", user, target]));
    let said = output.succeeds();
    let dump = output.printed();
    assert!(dump.ends_with(SEAL), "{user} {target}");
    assert_eq!(dump.contains("secret"), user == "postgres", "{user}");
    // Who has pg_read_all_data may read the roles' passwords.
    let has_hashes = dump.contains(" PASSWORD 'SCRAM-SHA-256$");
    assert_eq!(has_hashes, target == "--all");
    said
}

/// Options of user mappings by us, subscriptions by pg_dump.
#[test]
fn what_a_role_may_not_see_is_said_to_be_missing() {
    let unseen = |target: &str, of: &str| {
        format!(
            "cback-pgdump: {target}: without the options of user mappings{of}, which this user may not see\n\
             cback-pgdump: hint: set them again after a restore, or have a superuser make this dump\n"
        )
    };
    let subscriptions =
        "pg_dump: warning: subscriptions not dumped because current user is not a superuser\n";
    let any = ", if they have any";
    let all = subscriptions.to_owned() + &unseen("all databases", any);
    for server in VERSIONS.iter() {
        for (user, target, expected) in [
            ("reader", "m", &*unseen("database \"m\"", " (1)")),
            ("owner", "m", &unseen("database \"m\"", any)),
            ("reader", "s", subscriptions),
            ("reader", "--all", &all),
            ("postgres", "m", ""),
            ("postgres", "--all", ""),
        ] {
            assert_eq!(said(server, user, target), expected, "{user} {target}");
        }
    }
}

/// One of a mapping that has none, as Kerberos wants it, is no omission.
#[test]
fn a_mapping_without_options_is_whole() {
    let server = Server::start();
    let (bare, _) = HIDDEN.split_once(" OPTIONS (user").expect("a start");
    server.sql("postgres", bare);
    let output = run(&pgdump(&server, &["--user", "reader", "postgres"]));
    assert_eq!(output.succeeds(), "");
    let mapping = "\nCREATE USER MAPPING FOR \"line\nend\" SERVER s;\n";
    assert!(output.printed().contains(mapping));
}

/// Nothing that is dumped depends on a time zone, of the server, the database, the role or the user.
#[test]
fn dumps_are_made_in_utc() {
    let server = Server::start();
    let table = "CREATE TABLE t AS SELECT timestamptz '2024-01-15 12:00+09' AS at";
    for database in ["here", "there"] {
        server.create_database(database);
        server.sql(database, table);
    }
    let zone = "ALTER SYSTEM SET timezone = 'Asia/Tokyo'; SELECT pg_reload_conf()";
    server.sql("there", zone);
    let zones = "ALTER DATABASE there SET timezone = 'Asia/Tokyo';
        CREATE ROLE clerk SUPERUSER LOGIN; ALTER ROLE clerk SET timezone = 'Asia/Tokyo'";
    server.sql("there", zones);
    for (user, target, times) in [
        ("postgres", "there", 1),
        ("clerk", "there", 1),
        ("postgres", "--all", 2),
    ] {
        let mut command = pgdump(&server, &["--user", user, target]);
        let dump = written(command.env("PGTZ", "America/New_York"));
        let dump = String::from_utf8_lossy(&dump);
        let rows = dump.matches("\n2024-01-15 03:00:00+00\n").count();
        assert_eq!(rows, times, "{user} {target}");
    }
}

/// `pg_dumpall` and `--globals` need to read the passwords, or are told to do without.
#[test]
fn all_databases_without_the_right_to_read_passwords_is_a_failure() {
    let said = failed(&pgdump(&VERSIONS[0], &["--user", "owner", "--all"])).said();
    let cause = "permission denied for table pg_authid";
    assert!(said.contains(cause), "{said}");
}
