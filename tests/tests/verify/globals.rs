//! "Roles and the database come from the globals beside a dump": or are made up where there are none.

use crate::backups::{Backups, create_items, dump, packed};
use cback_tests::{Finished, Run, SHELLS, Server, Site, globals, installations, tool};
use std::fs;

/// A role that is missing there "is a failure".
#[test]
fn a_role_comes_from_the_globals_or_the_backup_is_not_proven() {
    let server = Server::start();
    create_items(&server, "owned");
    let give = "CREATE ROLE keeper; ALTER TABLE item OWNER TO keeper";
    server.sql("owned", give);
    let mut pg_dumpall = server.command("pg_dumpall");
    let with_roles = pg_dumpall.arg("--globals-only").prints();
    let backups = Backups::new();
    backups.put("postgresqldump-owned.txt", &dump(&server, Some("owned")));
    backups.put("postgresqlglobals.txt", with_roles.as_bytes());
    let printed = backups.proves(&["--restore", "."]);
    let content = "postgresqlglobals.txt: whole, roles and tablespaces, ";
    assert!(printed.contains(content), "{printed}");

    // Rights of a role that was dropped, as pg_dump writes them; and names in another encoding than the globals'.
    server.sql(
        "owned",
        "CREATE ROLE gone; CREATE ROLE \"größe\"; GRANT SELECT ON item TO gone, \"größe\";
         SET allow_system_table_mods = on; DELETE FROM pg_authid WHERE rolname = 'gone'",
    );
    let mut pg_dump = server.command("pg_dump");
    let latin = pg_dump.args(["-E", "LATIN1", "owned"]).run();
    let mut pg_dumpall = server.command("pg_dumpall");
    let all = pg_dumpall.prints();
    backups.put("postgresqldump-owned.txt", &latin.stdout);
    backups.put("postgresqldump.txt", all.as_bytes());
    let globals = server.command("pg_dumpall").arg("--globals-only").prints();
    backups.put("postgresqlglobals.txt", globals.as_bytes());
    backups.proves(&[
        "--restore",
        "postgresqldump-owned.txt",
        "postgresqldump.txt",
    ]);

    let lines = with_roles.split_inclusive('\n');
    let lines: String = lines.filter(|line| !line.contains("keeper")).collect();
    backups.put("postgresqlglobals.txt", lines.as_bytes());
    let arguments = ["--restore", "postgresqldump-owned.txt"];
    backups.refuses(&arguments, "role \"keeper\" does not exist");
}

/// "Be it the database", with its own locale and settings: then nothing is made up.
#[test]
fn a_database_comes_from_the_globals() {
    let server = Server::start();
    let (database, file) = ("it's/%", "postgresqldump-it's%2F%25.txt");
    create_items(&server, database);
    server.sql(
        database,
        "CREATE TABLE sorted (t text, CHECK (current_setting('my.setting') = 'on'));
         INSERT INTO sorted SELECT 'x' FROM set_config('my.setting', 'on', false);
         CREATE ROLE keeper; ALTER TABLE item OWNER TO keeper;
         ALTER DATABASE \"it's/%\" SET my.setting = 'on';
         ALTER DATABASE \"it's/%\" SET default_transaction_read_only = on;
         ALTER ROLE postgres VALID UNTIL 'infinity';",
    );
    let backups = Backups::new();
    let dump = dump(&server, Some(database));
    let globals = globals(&server, &[database]);
    backups.put(file, &dump);
    backups.put("postgresqlglobals.txt", &globals);
    let printed = backups.proves(&["--restore", "."]);
    let said = "postgresqlglobals.txt: whole, roles, tablespaces and empty databases, ";
    assert!(printed.contains(said), "{printed}");
    // A dump that creates its database itself finds none.
    let mut pg_dump = server.command("pg_dump");
    let created = pg_dump.args(["--create", database]).prints();
    backups.put(file, created.as_bytes());
    backups.proves(&["--restore", file]);
    // Those of another mode are of another night.
    let stale = String::from_utf8_lossy(&globals).replace("keeper", "nobody");
    let stale = packed(stale.as_bytes(), "bzip2");
    let file = backups.put(&format!("{file}.gz"), &packed(&dump, "gzip"));
    let right = backups.put("postgresqlglobals.txt.gz", &packed(&globals, "gzip"));
    let stale = backups.put("postgresqlglobals.txt.bz2", &stale);
    let file = ["--restore", file.to_str().unwrap()];
    backups.proves(&file);
    // Only with the setting does the check let the row in.
    for globals in [right, stale, backups.path("postgresqlglobals.txt")] {
        fs::remove_file(globals).unwrap();
    }
    backups.refuses(&file, "my.setting");
}

/// "Only the one that the configuration means": a file from when it still meant it does not count.
#[test]
fn leftover_globals_are_not_what_a_configuration_means() {
    let server = Server::start();
    create_items(&server, "owned");
    let section =
        "<user>postgres</user><compress_mode>gzip</compress_mode><database>owned</database>";
    let with_globals = format!("{section}<globals>Y</globals>");
    let site = Site::new();
    let back_up = |section: &str| {
        site.configure_section(section);
        site.run(&server, SHELLS[0]).succeeds();
    };
    back_up(&with_globals);
    let globals = site.collect_dir().join("postgresqlglobals.txt.gz");
    let leftover = fs::read(&globals).unwrap();
    let config = site.config();
    let restore = ["--restore", "--config", config.to_str().unwrap()];
    let with_them = " s with postgresqlglobals.txt.gz and found the same rows and definitions\n";
    assert!(Backups::new().proves(&restore).contains(with_them));

    let give = "CREATE ROLE newer; ALTER TABLE item OWNER TO newer";
    server.sql("owned", give);
    back_up(section);
    let printed = Backups::new().proves(&restore);
    assert!(
        printed.contains(" s and found the same rows and definitions\n"),
        "{printed}"
    );
    fs::write(&globals, b"no globals").unwrap();
    Backups::new().proves(&restore);

    site.configure_section(&with_globals);
    fs::write(&globals, leftover).unwrap();
    Backups::new().refuses(&restore, "role \"newer\" does not exist");
}

/// "They are read once: what is checked is what is used." Another reading would be of a part of the file.
#[test]
fn globals_are_read_once() {
    let server = Server::start();
    create_items(&server, "once");
    let give = "CREATE ROLE keeper; ALTER TABLE item OWNER TO keeper";
    server.sql("once", give);
    let backups = Backups::new();
    let file = "postgresqldump-once.txt";
    backups.put(file, &dump(&server, Some("once")));
    let globals = packed(&globals(&server, &["once"]), "gzip");
    backups.put("postgresqlglobals.txt.gz", &globals);
    let read = format!(
        "case $3 in *globals*) [ ! -e '{0}' ] || exec gzip -dc \"$3\" | head -c 500; true >'{0}' ;; esac\n\
         exec {1} \"$@\"",
        backups.path("once").display(),
        tool("cback-compress").display()
    );
    backups.replace("cback-compress", &read);
    let printed = backups.proves(&["--restore", file]);
    let with_them = " s with postgresqlglobals.txt.gz and found";
    assert!(printed.contains(with_them), "{printed}");
}

/// "A database that the globals should have recreated and did not is a failure", and none is made up; nor is
/// another dump taken for globals.
#[test]
fn a_database_that_the_globals_lack_is_a_failure() {
    let server = Server::start();
    create_items(&server, "here");
    create_items(&server, "lost");
    let backups = Backups::new();
    backups.put("postgresqlglobals.txt", &globals(&server, &["here"]));
    let lost = dump(&server, Some("lost"));
    backups.put("postgresqldump-here.txt", &dump(&server, Some("here")));
    backups.put("postgresqldump-lost.txt", &lost);
    backups.proves(&["--restore", "postgresqldump-here.txt"]);
    let reason = ": its database is not in the globals beside it\n";
    backups.refuses(&["--restore", "postgresqldump-lost.txt"], reason);
    backups.put("postgresqlglobals.txt", &lost);
    let reason = "no globals, but a dump of a database\n";
    backups.refuses(&["--restore", "postgresqldump-lost.txt"], reason);
}

/// "Such a role may nothing but what the dump grants it": whether it might more no dump of one database tells.
#[test]
fn a_view_whose_owner_may_not_read_its_table_is_no_proof() {
    let server = Server::start();
    server.create_database("view");
    server.sql(
        "view",
        "CREATE ROLE app; CREATE TABLE t AS SELECT 1 AS n; GRANT SELECT ON t TO app;
         GRANT CREATE ON SCHEMA public TO app;
         SET ROLE app; CREATE MATERIALIZED VIEW m AS SELECT * FROM t; RESET ROLE",
    );
    let backups = Backups::new();
    backups.put("x.sql", &dump(&server, Some("view")));
    backups.proves(&["--restore", "x.sql"]);
    server.sql("view", "REVOKE SELECT ON t FROM app");
    backups.put("x.sql", &dump(&server, Some("view")));
    let reason = "cannot be proven here: ERROR:  permission denied for table t (to a role that is made up, without its memberships)\n";
    backups.refuses(&["--restore", "x.sql"], reason);
}

/// "It is a superuser only where a statement wants that."
#[test]
fn a_role_that_has_to_be_a_superuser_is_made_up_as_one() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        server.create_database("super");
        server.sql(
            "super",
            "CREATE ROLE boss SUPERUSER; CREATE ROLE subscriber SUPERUSER; CREATE ROLE app; SET ROLE boss;
             CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
             CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f();
             CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
             SET ROLE subscriber; CREATE SUBSCRIPTION b CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false);
             SET ROLE boss;
             CREATE TABLE t AS SELECT 1 AS n; GRANT SELECT ON t TO app WITH GRANT OPTION;
             SET ROLE app; GRANT SELECT ON t TO public",
        );
        let backups = Backups::new();
        for (option, name) in [
            ("--no-comments", "x.sql"),
            ("--use-set-session-authorization", "y.sql"),
        ] {
            let mut pg_dump = server.command("pg_dump");
            backups.put(name, &pg_dump.args([option, "super"]).run().stdout);
        }
        let bin = installation.bin.to_str().unwrap();
        backups.proves(&["--restore", "--pg-bin", bin, "x.sql", "y.sql"]);
    }
}

/// With `<separate>`, "one that is missing is a failure": the globals tell which databases were backed up.
#[test]
fn each_database_of_a_separate_backup_has_to_be_there() {
    let server = Server::start();
    for database in ["here", "it's/%"] {
        create_items(&server, database);
    }
    server.sql("postgres", "CREATE TABLE t AS SELECT 1 AS n");
    let site = Site::new();
    let section = "<user>postgres</user><compress_mode>gzip</compress_mode><all>Y</all>";
    site.configure_section(&format!("{section}<separate>Y</separate>"));
    site.run(&server, SHELLS[0]).succeeds();
    let config = site.config();
    let arguments = ["--config", config.to_str().unwrap()];
    // postgres and template1 are every server's, and the globals have only what is said about them.
    let printed = Backups::new().proves(&[&arguments[..], &["--restore", "-j2"]].concat());
    assert_eq!(printed.lines().count(), 5, "{printed}");
    assert!(!printed.contains("PostgreSQL ?"), "{printed}");
    for file in [
        "postgresqldump-postgres.txt.gz",
        "postgresqldump-it's%2F%25.txt.gz",
    ] {
        fs::remove_file(site.collect_dir().join(file)).unwrap();
        Backups::new().refuses(&arguments, &format!("{file}: missing\n"));
    }
}
