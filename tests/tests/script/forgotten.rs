//! "Said in every run, also with `-q`: databases of the server that the configuration neither names nor excludes; a
//! backup of less than half the size of the one it replaces; files of databases that are gone."

use crate::with_jobs_on;
use cback_tests::{Finished, Run, Server, Shell, Site, in_each_shell};
use std::fs;
use std::sync::LazyLock;

in_each_shell!(
    forgotten_databases_and_files_of_gone_ones_are_named_in_every_run,
    named_databases_are_backed_up_though_the_server_cannot_be_asked,
    a_backup_of_less_than_half_the_size_is_told_before_the_old_one_is_gone,
);

/// One of its own: its databases are all there are.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    for name in ["large", "small", "two\nlines"] {
        server.create_database(name);
    }
    server.sql("postgres", "CREATE DATABASE template IS_TEMPLATE true");
    let fill = "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 3000)";
    server.sql("large", fill);
    server
});

fn configure(site: &Site, section: &str) {
    let mode = "<user>postgres</user><compress_mode>none</compress_mode>";
    site.configure_section(&format!("{mode}{section}"));
}

/// Last come the failures. An empty `postgres` and templates are not forgotten.
fn forgotten_databases_and_files_of_gone_ones_are_named_in_every_run(shell: Shell) {
    let site = Site::new();
    let missing = "<database>missing</database><database>small</database>";
    configure(&site, &format!("{missing}<exclude>old</exclude>"));
    let dropped = site.collect_dir().join("postgresqldump-dropped.txt.bz2");
    fs::write(&dropped, "").unwrap();
    let warning = format!("cback-pgconf: {}: warning: ", site.config().display());
    let mut command = with_jobs_on(&SERVER, &site, shell, 1);
    let said = command.arg("-q").run().fails(1);
    let last = format!(
        "{warning}neither named nor excluded, so not backed up: \"large\", \"two\\nlines\"\n\
         {warning}excluded, but the server has no such database to back up: \"old\"\n\
         {warning}in collect_dir, but of nothing that is backed up any more: \"postgresqldump-dropped.txt.bz2\"\n\
         cback-postgresql: not backed up: missing\n"
    );
    assert!(said.ends_with(&last), "{said}");
    // Named databases come largest first, whatever the configuration's order.
    let rest = "<database>small</database><database>large</database><exclude>two\nlines</exclude>";
    configure(&site, rest);
    fs::remove_file(dropped).unwrap();
    let said = with_jobs_on(&SERVER, &site, shell, 1).run().succeeds();
    let labels = said.lines().map(|line| line.split(": ").nth(1).unwrap());
    assert_eq!(labels.collect::<Vec<_>>(), ["large", "small"], "{said}");
}

/// "A named-databases run must not fail for it: a message."
fn named_databases_are_backed_up_though_the_server_cannot_be_asked(shell: Shell) {
    let site = Site::new();
    configure(&site, "<database>small</database><globals>Y</globals>");
    let real = SERVER.bin().join("psql").display().to_string();
    let psql = format!(
        "case $* in *datallowconn*) echo 'psql: error: no' >&2; exit 2 ;; esac; exec '{real}' \"$@\""
    );
    site.replace("psql", &psql);
    let said = site.command(&SERVER, shell).arg("-q").run().succeeds();
    let expected = "cback-pgdump: all databases: psql failed (exit status: 2)\n\
                    cback-postgresql: warning: the server's databases cannot be listed, so none that is \
                    forgotten can be named\n";
    assert!(said.ends_with(expected), "{said}");
    assert!(said.starts_with("psql: error: no\n"), "{said}");
    assert_eq!(
        site.listing(),
        ["postgresqldump-small.txt", "postgresqlglobals.txt"]
    );
}

/// Both sizes are named, in the line, and in the last lines the database.
fn a_backup_of_less_than_half_the_size_is_told_before_the_old_one_is_gone(shell: Shell) {
    let site = Site::new();
    let rest = "<database>small</database><exclude>large</exclude><exclude>two\nlines</exclude>";
    configure(&site, rest);
    let file = site.collect_dir().join("postgresqldump-small.txt");
    let run = |size: usize| {
        fs::write(&file, vec![b'x'; size]).unwrap();
        let said = site.command(&SERVER, shell).arg("-q").run().succeeds();
        (said, fs::metadata(&file).unwrap().len())
    };
    let (said, new) = run(200_000);
    let name = file.display();
    let expected = format!(
        "cback-postgresql: small: cback-compress: {name}: warning: {new} bytes in place of 200000\n\
         cback-postgresql: warning: less than half as large as before: small\n"
    );
    assert_eq!(said, expected);
    // In a small one a few rows are as much.
    assert_eq!(run(65_536).0, "");
    assert_ne!(run(65_537).0, "");
}
