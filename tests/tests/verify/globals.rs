//! The roles and databases that a dump relies on come from the globals beside it.

use crate::backups::{Backups, create_items, dump, packed};
use cback_tests::{Finished, Run, SHELLS, Server, Site, installations, run_with_input, tool};
use std::fs;

/// The roles come from the globals beside a dump, where there are any.
#[test]
fn a_role_comes_from_the_globals_or_the_backup_is_not_proven() {
    let server = Server::start();
    create_items(&server, "owned");
    server.sql(
        "owned",
        "CREATE ROLE keeper; ALTER TABLE item OWNER TO keeper",
    );
    let globals = |server: &Server| {
        let output = server.command("pg_dumpall").arg("--globals-only").run();
        output.succeeds();
        output.stdout
    };
    let backups = Backups::new();
    backups.put("postgresqldump-owned.txt", &dump(&server, Some("owned")));
    let with_roles = globals(&server);
    backups.put("postgresqlglobals.txt", &with_roles);
    let printed = backups.proves(&["--restore", "."]);
    assert!(
        printed.contains("postgresqlglobals.txt: whole, roles and tablespaces, "),
        "{printed}"
    );

    let text = String::from_utf8(with_roles).unwrap();
    let lines = text
        .split_inclusive('\n')
        .filter(|line| !line.contains("keeper"));
    backups.put(
        "postgresqlglobals.txt",
        lines.collect::<String>().as_bytes(),
    );
    let said = backups.refuses(&["--restore", "postgresqldump-owned.txt"]);
    assert!(said.contains("role \"keeper\" does not exist"), "{said}");
}

/// And so does the database, with its own locale and settings: then nothing is made up.
#[test]
fn a_database_comes_from_the_globals() {
    let server = Server::start();
    create_items(&server, "it's/%");
    server.sql(
        "it's/%",
        "CREATE TABLE sorted (t text, CHECK (current_setting('my.setting') = 'on'));
         INSERT INTO sorted SELECT 'x' FROM set_config('my.setting', 'on', false);
         CREATE ROLE keeper; ALTER TABLE item OWNER TO keeper;
         ALTER DATABASE \"it's/%\" SET my.setting = 'on';
         ALTER DATABASE \"it's/%\" SET default_transaction_read_only = on;
         ALTER ROLE postgres VALID UNTIL 'infinity';",
    );
    let backups = Backups::new();
    backups.put(
        "postgresqldump-it's%2F%25.txt",
        &dump(&server, Some("it's/%")),
    );
    let mut command = server.command(tool("cback-pgdump"));
    command.args(["--globals", "--databases0-from", "-"]);
    let globals = run_with_input(&mut command, "it's/%\0".as_bytes());
    globals.succeeds();
    backups.put("postgresqlglobals.txt", &globals.stdout);
    let printed = backups.proves(&["--restore", "."]);
    let said = "postgresqlglobals.txt: whole, roles, tablespaces and empty databases, ";
    assert!(printed.contains(said), "{printed}");
    // A dump that creates its database itself finds none.
    let mut command = server.command("pg_dump");
    let created = command.args(["--create", "it's/%"]).run();
    created.succeeds();
    backups.put("postgresqldump-it's%2F%25.txt", &created.stdout);
    backups.proves(&["--restore", "postgresqldump-it's%2F%25.txt"]);
    backups.put(
        "postgresqldump-it's%2F%25.txt",
        &dump(&server, Some("it's/%")),
    );
    // Those of another mode are of another night.
    let stale = String::from_utf8_lossy(&globals.stdout).replace("keeper", "nobody");
    let gzip = |name: &str, bytes: &[u8]| backups.put(name, &packed(bytes, "gzip"));
    gzip(
        "postgresqldump-it's%2F%25.txt.gz",
        &dump(&server, Some("it's/%")),
    );
    gzip("postgresqlglobals.txt.gz", &globals.stdout);
    let bzip2 = packed(stale.as_bytes(), "bzip2");
    backups.put("postgresqlglobals.txt.bz2", &bzip2);
    backups.proves(&["--restore", "postgresqldump-it's%2F%25.txt.gz"]);
    for name in [
        "dump-it's%2F%25.txt.gz",
        "globals.txt.gz",
        "globals.txt.bz2",
    ] {
        fs::remove_file(backups.path(&format!("postgresql{name}"))).unwrap();
    }
    // Only with the setting does the check let the row in.
    fs::remove_file(backups.path("postgresqlglobals.txt")).unwrap();
    let said = backups.refuses(&["--restore", "."]);
    assert!(said.contains("my.setting"), "{said}");
}

/// A file from when the configuration still meant it.
#[test]
fn leftover_globals_are_not_what_a_configuration_means() {
    let server = Server::start();
    create_items(&server, "owned");
    let section =
        "<user>postgres</user><compress_mode>gzip</compress_mode><database>owned</database>";
    let with_globals = format!("{section}<globals>Y</globals>");
    let site = Site::new();
    site.configure_section(&with_globals);
    site.run(&server, SHELLS[0]).succeeds();
    let globals = site.collect_dir().join("postgresqlglobals.txt.gz");
    let leftover = fs::read(&globals).unwrap();
    let config = site.config();
    let restore = ["--restore", "--config", config.to_str().unwrap()];
    let with_them = " s with postgresqlglobals.txt.gz and found the same rows\n";
    assert!(Backups::new().proves(&restore).contains(with_them));

    server.sql(
        "owned",
        "CREATE ROLE newer; ALTER TABLE item OWNER TO newer",
    );
    site.configure_section(section);
    site.run(&server, SHELLS[0]).succeeds();
    let printed = Backups::new().proves(&restore);
    assert!(
        printed.contains(" s and found the same rows\n"),
        "{printed}"
    );
    fs::write(&globals, b"no globals").unwrap();
    Backups::new().proves(&restore);

    site.configure_section(&with_globals);
    fs::write(&globals, leftover).unwrap();
    let said = Backups::new().refuses(&restore);
    assert!(said.contains("role \"newer\" does not exist"), "{said}");
}

/// "One descriptor, read once": what is checked is what is used. The second reading would be of half the file.
#[test]
fn globals_are_read_once() {
    let server = Server::start();
    create_items(&server, "once");
    server.sql(
        "once",
        "CREATE ROLE keeper; ALTER TABLE item OWNER TO keeper",
    );
    let mut command = server.command(tool("cback-pgdump"));
    command.args(["--globals", "--databases0-from", "-"]);
    let globals = run_with_input(&mut command, b"once\0").stdout;
    let backups = Backups::new();
    let file = "postgresqldump-once.txt";
    backups.put(file, &dump(&server, Some("once")));
    backups.put("postgresqlglobals.txt.gz", &packed(&globals, "gzip"));
    let read = format!(
        "case $3 in *globals*) [ ! -e '{0}' ] || exec gzip -dc \"$3\" | head -c 500; true >'{0}' ;; esac\n\
         exec {1} \"$@\"",
        backups.path("once").display(),
        tool("cback-compress").display()
    );
    backups.replace("cback-compress", &read);
    let printed = backups.proves(&["--restore", file]);
    assert!(
        printed.contains(" s with postgresqlglobals.txt.gz and found"),
        "{printed}"
    );
}

/// "A database that the globals should have recreated and did not is a failure", and none is made up.
#[test]
fn a_database_that_the_globals_lack_is_a_failure() {
    let server = Server::start();
    create_items(&server, "here");
    create_items(&server, "lost");
    let mut command = server.command(tool("cback-pgdump"));
    command.args(["--globals", "--databases0-from", "-"]);
    let globals = run_with_input(&mut command, b"here\0").stdout;
    let backups = Backups::new();
    backups.put("postgresqlglobals.txt", &globals);
    for name in ["here", "lost"] {
        backups.put(
            &format!("postgresqldump-{name}.txt"),
            &dump(&server, Some(name)),
        );
    }
    backups.proves(&["--restore", "postgresqldump-here.txt"]);
    let said = backups.refuses(&["--restore", "postgresqldump-lost.txt"]);
    assert!(
        said.ends_with(": its database is not in the globals beside it\n"),
        "{said}"
    );
}

/// A role that is made up may no more than it might at the source.
#[test]
fn a_view_whose_owner_may_not_read_its_table_does_not_restore() {
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
    let said = backups.refuses(&["--restore", "x.sql"]);
    let reason = "ERROR:  permission denied for table t (to a role that is made up, without its memberships)\n";
    assert!(
        said.contains("does not restore: ") && said.ends_with(reason),
        "{said}"
    );
}

/// A statement wants the owner of these to be a superuser, before 16 that of a subscription, too; and whoever
/// creates objects under `--use-set-session-authorization`.
#[test]
fn a_role_that_has_to_be_a_superuser_is_made_up_as_one() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        server.create_database("super");
        server.sql(
            "super",
            "CREATE ROLE boss SUPERUSER; CREATE ROLE app; SET ROLE boss;
             CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
             CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f();
             CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
             CREATE SUBSCRIPTION b CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false);
             CREATE TABLE t AS SELECT 1 AS n; GRANT SELECT ON t TO app WITH GRANT OPTION;
             SET ROLE app; GRANT SELECT ON t TO public",
        );
        let backups = Backups::new();
        for options in [
            &["super"][..],
            &["--use-set-session-authorization", "super"],
        ] {
            let output = server.command("pg_dump").args(options).run();
            backups.put("x.sql", &output.stdout);
            let bin = installation.bin.to_str().unwrap();
            backups.proves(&["--restore", "--pg-bin", bin, "x.sql"]);
        }
    }
}
