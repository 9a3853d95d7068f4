//! "Roles and the database come from the globals beside a dump": or are made up where there are none.

use crate::backups::{Backups, SAME, create_items, dump, packed};
use cback_tests::{LIST, Run, Server, assert_has, assert_times, globals, installations, tool};
use std::fs;

/// A role that is missing there "is a failure".
#[test]
fn a_role_comes_from_the_globals_or_the_backup_is_not_proven() {
    let server = Server::start();
    create_items(&server, "owned");
    // Rights of a role that was dropped, as pg_dump writes them; and names in another encoding than the globals'.
    server.sql(
        "owned",
        "CREATE ROLE keeper; ALTER TABLE item OWNER TO keeper;
         CREATE ROLE gone; CREATE ROLE \"größe\"; GRANT SELECT ON item TO gone, \"größe\";
         SET allow_system_table_mods = on; DELETE FROM pg_authid WHERE rolname = 'gone'",
    );
    let backups = Backups::new();
    let put = |file: &str, program: &str, arguments: &[&str]| {
        let dump = server.command(program).args(arguments).run().stdout;
        backups.put(file, &dump)
    };
    let file = "postgresqldump-owned.txt";
    put(file, "pg_dump", &["-E", "LATIN1", "owned"]);
    put("postgresqldump.txt", "pg_dumpall", &[]);
    let globals = put("postgresqlglobals.txt", "pg_dumpall", &["--globals-only"]);
    let printed = backups.proves(&["--restore", "."]);
    assert_times(&printed, 2, SAME);
    assert_has(
        &printed,
        "postgresqlglobals.txt: whole, roles and tablespaces, ",
    );

    let text = fs::read_to_string(&globals).unwrap();
    let lines = text.lines().filter(|line| !line.contains("keeper"));
    fs::write(globals, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    backups.refuses(&["--restore", file], "role \"keeper\" does not exist");
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
    let dump = dump(&server, database);
    let globals = globals(&server, &[database]);
    backups.put(&format!("plain/{file}"), &dump);
    let mut pg_dump = server.command("pg_dump");
    let created = pg_dump.args(["--create", database]).prints();
    backups.put(&format!("creating/{file}"), created.as_bytes());
    for directory in ["plain", "creating"] {
        backups.put(&format!("{directory}/postgresqlglobals.txt"), &globals);
    }
    let file = backups.put(&format!("{file}.gz"), &packed(&dump, "gzip"));
    let right = backups.put("postgresqlglobals.txt.gz", &packed(&globals, "gzip"));
    // Those of another mode are of another night.
    let stale = String::from_utf8_lossy(&globals).replace("keeper", "nobody");
    let stale = packed(stale.as_bytes(), "bzip2");
    let stale = backups.put("postgresqlglobals.txt.bz2", &stale);
    let file = file.to_str().unwrap();
    let printed = backups.proves(&["--restore", "plain", "creating", file]);
    assert_times(&printed, 5, SAME);
    let said = "postgresqlglobals.txt: whole, roles, tablespaces and empty databases, ";
    assert_times(&printed, 2, said);
    // Only with the setting does the check let the row in.
    for globals in [right, stale] {
        fs::remove_file(globals).unwrap();
    }
    backups.refuses(&["--restore", file], "my.setting");
}

/// "Only the one that the configuration means": a file from when it still meant it does not count.
#[test]
fn leftover_globals_are_not_what_a_configuration_means() {
    let server = Server::start();
    create_items(&server, "owned");
    let backups = Backups::new();
    let section =
        "<user>postgres</user><compress_mode>gzip</compress_mode><database>owned</database>";
    let with_globals = format!("{section}<globals>Y</globals>");
    let back_up = |section: &str| {
        backups.configure_section(section);
        backups.run_backup(&server);
    };
    back_up(&with_globals);
    let globals = backups.path("collect/postgresqlglobals.txt.gz");
    let leftover = fs::read(&globals).unwrap();
    let restore = ["--restore", "--config", "cback3.conf"];
    let with_them = format!(" s with postgresqlglobals.txt.gz{SAME}");
    assert_has(&backups.proves(&restore), &with_them);

    server.sql(
        "owned",
        "CREATE ROLE newer; ALTER TABLE item OWNER TO newer",
    );
    back_up(section);
    assert_has(&backups.proves(&restore), &format!(" s{SAME}"));
    fs::write(&globals, b"no globals").unwrap();
    backups.proves(&restore);

    backups.configure_section(&with_globals);
    fs::write(&globals, leftover).unwrap();
    backups.refuses(&restore, "role \"newer\" does not exist");
}

/// "They are read once: what is checked is what is used." "A database that the globals should have recreated and did not is
/// a failure", and none is made up; nor is another dump taken for globals.
#[test]
fn globals_are_read_once_and_a_database_that_they_lack_is_a_failure() {
    let server = Server::start();
    create_items(&server, "here");
    create_items(&server, "lost");
    server.sql(
        "here",
        "CREATE ROLE keeper; ALTER TABLE item OWNER TO keeper",
    );
    let [here, lost] = ["here", "lost"].map(|it| dump(&server, it));
    let backups = Backups::new();
    let globals = packed(&globals(&server, &["here"]), "gzip");
    backups.put("postgresqlglobals.txt.gz", &globals);
    backups.put("postgresqldump-here.txt", &here);
    backups.put("postgresqldump-lost.txt", &lost);
    // Another reading would be of a part of the file.
    let read = format!(
        "case $3 in *globals*) [ ! -e '{0}' ] || exec gzip -dc \"$3\" | head -c 500; true >'{0}' ;; esac\n\
         exec {1} \"$@\"",
        backups.path("once").display(),
        tool("cback-compress").display()
    );
    backups.replace("cback-compress", &read);
    let printed = backups.proves(&["--restore", "postgresqldump-here.txt"]);
    assert_has(&printed, " s with postgresqlglobals.txt.gz and found");

    fs::remove_file(backups.path("bin/cback-compress")).unwrap();
    let arguments = ["--restore", "postgresqldump-lost.txt"];
    backups.refuses(
        &arguments,
        ": its database is not in the globals beside it\n",
    );
    backups.put("postgresqlglobals.txt", &lost);
    fs::remove_file(backups.path("postgresqlglobals.txt.gz")).unwrap();
    backups.refuses(&arguments, "no globals, but a dump of a database\n");
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
        let bin = installation.bin.to_str().unwrap();
        for option in ["--no-comments", "--use-set-session-authorization"] {
            let mut pg_dump = server.command("pg_dump");
            backups.put("x.sql", &pg_dump.args([option, "super"]).run().stdout);
            backups.proves(&["--restore", "--pg-bin", bin, "x.sql"]);
        }
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
    let backups = Backups::new();
    backups.configure_separate();
    backups.run_backup(&server);
    // postgres and template1 are every server's, and the globals have only what is said about them.
    let arguments = ["--config", "cback3.conf"];
    let printed = backups.proves(&[&arguments[..], &["--restore", "-j2"]].concat());
    assert_eq!(printed.lines().count(), 5, "{printed}");
    assert!(!printed.contains("PostgreSQL ?"), "{printed}");
    // The list would tell as well.
    fs::remove_file(backups.path("collect").join(LIST)).unwrap();
    for file in [
        "postgresqldump-postgres.txt.gz",
        "postgresqldump-it's%2F%25.txt.gz",
    ] {
        fs::remove_file(backups.path("collect").join(file)).unwrap();
        backups.refuses(&arguments, &format!("{file}: missing\n"));
    }
}
