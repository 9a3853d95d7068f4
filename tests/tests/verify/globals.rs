//! The roles and databases that a dump relies on come from the globals beside it.

use crate::backups::{Backups, create_items, dump, packed};
use cback_tests::{Finished, Run, SHELLS, Server, Site, run_with_input, tool};
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
