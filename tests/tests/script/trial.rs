//! "`--try`: connects to all that the configuration names, and writes nothing."

use cback_tests::{Finished, Run, Server, Shell, Site, in_each_shell};
use std::sync::LazyLock;

in_each_shell!(what_could_not_be_backed_up_is_named_and_nothing_is_written);

/// With a role that may read one database, cannot connect to another, and not read a table in a third.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk LOGIN");
    for name in ["open", "shut", "a secret\none"] {
        server.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
    }
    server.sql("postgres", "REVOKE CONNECT ON DATABASE shut FROM PUBLIC");
    server.sql("open", "CREATE TABLE t (a int); GRANT SELECT ON t TO clerk");
    server.sql("a secret\none", "CREATE TABLE t (a int)");
    server
});

fn what_could_not_be_backed_up_is_named_and_nothing_is_written(shell: Shell) {
    let site = Site::new();
    let section = "<user>clerk</user><compress_mode>gzip</compress_mode><globals>Y</globals>";
    let databases = |names: &[&str]| {
        let names = names
            .iter()
            .map(|name| format!("<database>{name}</database>"));
        let excluded = "<exclude>shut</exclude><exclude>a secret\none</exclude>";
        section.to_owned() + &names.collect::<String>() + excluded
    };
    let run = || site.command(&SERVER, shell).arg("--try").run();
    site.configure_section(&databases(&["open"]));
    let said = run().succeeds();
    for name in ["roles and tablespaces", "open"] {
        let line = format!("cback-postgresql: {name}: can be backed up\n");
        assert!(said.contains(&line), "{said}");
    }
    site.configure_section(&databases(&["missing", "shut", "open", "a secret\none"]));
    let said = run().fails(1);
    for cause in [
        "missing: pg_dump: error: connection to server",
        "shut: pg_dump: error: connection to server",
        "a secret?one: pg_dump: error: query failed: ERROR:  permission denied for table t",
    ] {
        assert!(
            said.contains(&format!("cback-postgresql: {cause}")),
            "{said}"
        );
    }
    let (_, last) = said.trim_end().rsplit_once(": ").unwrap();
    let mut names: Vec<_> = last.split(", ").collect();
    names.sort_unstable();
    assert_eq!(names, ["a secret?one", "missing", "shut"], "{said}");
    assert!(
        said.contains("\ncback-postgresql: cannot be backed up: "),
        "{said}"
    );
    // All of them at once, and each that the server has.
    let all = section.replace("globals", "all");
    for more in ["", "<separate>Y</separate>"] {
        site.configure_section(&format!("{all}{more}"));
        let said = run().fails(1);
        assert!(
            said.contains("\ncback-postgresql: cannot be backed up: "),
            "{said}"
        );
    }
    assert!(
        std::fs::read_dir(site.collect_dir())
            .unwrap()
            .next()
            .is_none()
    );
}
