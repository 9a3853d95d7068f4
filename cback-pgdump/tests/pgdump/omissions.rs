//! "What pg_dump leaves out without failing (what this role may not see) is a failure, or said."

use crate::{SEAL, failed, pgdump, run, written};
use cback_tests::{Finished, Server, installations};

/// `app`'s mapping has options, `bare`'s has none. `reader` reads all data, `owner` what is its own.
const MAPPINGS: &str = "
CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER s FOREIGN DATA WRAPPER fdw;
CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader;
CREATE ROLE owner LOGIN PASSWORD 'x'; CREATE ROLE app; CREATE ROLE \"line
end\";
CREATE USER MAPPING FOR \"line
end\" SERVER s OPTIONS (user 'remote', password 'it''s secret; OPTIONS');";

const SUBSCRIPTION: &str = "CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere' PUBLICATION p
    WITH (connect = false)";

/// The dump of `target` by `user`, which has to succeed, and what is said.
#[track_caller]
fn said(server: &Server, user: &str, target: &str) -> String {
    let output = run(&pgdump(server, &["--user", user, target]));
    let said = output.succeeds();
    assert!(output.stdout.ends_with(SEAL.as_bytes()));
    let dump = output.printed();
    assert_eq!(dump.contains("secret"), user == "postgres", "{user}");
    // Who has pg_read_all_data may read the roles' passwords.
    let has_hashes = dump.contains(" PASSWORD 'SCRAM-SHA-256$");
    assert_eq!(has_hashes, target == "--all");
    said
}

#[test]
fn options_of_user_mappings_that_a_role_may_not_see_are_said_to_be_missing() {
    let hint = "hint: set them again after a restore, or have a superuser make this dump";
    for installation in installations() {
        let server = Server::start_from(&installation);
        for (database, sql) in [("a", "CREATE TABLE t AS SELECT 1 AS one"), ("m", MAPPINGS)] {
            server.create_database(database);
            server.sql(database, sql);
        }
        let is_said = |user: &str, target: &str, text: &str| {
            let words = format!(
                "cback-pgdump: {text}, which this user may not see\ncback-pgdump: {hint}\n"
            );
            assert_eq!(said(&server, user, target), words);
        };
        let of = "without the options of user mappings";
        let any = format!("{of}, if they have any");
        is_said("reader", "m", &format!("database \"m\": {of} (1)"));
        is_said("owner", "m", &format!("database \"m\": {any}"));
        is_said("reader", "--all", &format!("all databases: {any}"));
        for target in ["m", "--all"] {
            assert_eq!(said(&server, "postgres", target), "");
        }
    }
}

/// One of a mapping that has none, as Kerberos wants it, is no omission.
#[test]
fn a_mapping_without_options_is_whole() {
    let server = Server::start();
    let bare = MAPPINGS.split(" OPTIONS (user").next().expect("a start");
    server.create_database("bare");
    server.sql("bare", bare);
    let output = run(&pgdump(&server, &["--user", "reader", "bare"]));
    assert_eq!(output.succeeds(), "");
    assert!(
        output
            .printed()
            .contains("\nCREATE USER MAPPING FOR \"line\nend\" SERVER s;\n")
    );
}

#[test]
fn pg_dump_says_that_subscriptions_are_missing() {
    let reader = "CREATE ROLE reader LOGIN PASSWORD 'x'; GRANT pg_read_all_data TO reader";
    let words = "warning: subscriptions not dumped because current user is not a superuser\n";
    for installation in installations() {
        let server = Server::start_from(&installation);
        server.sql("postgres", reader);
        server.sql("postgres", SUBSCRIPTION);
        for target in ["postgres", "--all"] {
            let said = said(&server, "reader", target);
            assert_eq!(said, format!("pg_dump: {words}"), "{target}");
        }
    }
}

/// Nothing that is dumped depends on a time zone, of the server, the database, the role or the user.
#[test]
fn dumps_are_made_in_utc() {
    let server = Server::start();
    for database in ["here", "there"] {
        server.create_database(database);
        server.sql(
            database,
            "CREATE TABLE t AS SELECT timestamptz '2024-01-15 12:00+09' AS at",
        );
    }
    server.sql(
        "there",
        "ALTER SYSTEM SET timezone = 'Asia/Tokyo'; SELECT pg_reload_conf()",
    );
    let zones = "ALTER DATABASE there SET timezone = 'Asia/Tokyo';
        CREATE ROLE clerk SUPERUSER LOGIN; ALTER ROLE clerk SET timezone = 'Asia/Tokyo'";
    server.sql("there", zones);
    for user in ["postgres", "clerk"] {
        let mut command = pgdump(&server, &["--user", user, "there"]);
        let dump = written(command.env("PGTZ", "America/New_York"));
        assert!(
            String::from_utf8_lossy(&dump).contains("\n2024-01-15 03:00:00+00\n"),
            "{user}"
        );
    }
    let all = written(&pgdump(&server, &["--all"]));
    assert_eq!(
        String::from_utf8_lossy(&all)
            .matches("\n2024-01-15 03:00:00+00\n")
            .count(),
        2
    );
}

/// `pg_dumpall` and `--globals` need to read the passwords, or are told to do without.
#[test]
fn all_databases_without_the_right_to_read_passwords_is_a_failure() {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk LOGIN");
    let said = failed(&pgdump(&server, &["--user", "clerk", "--all"])).said();
    assert!(
        said.contains("permission denied for table pg_authid"),
        "{said}"
    );
}
