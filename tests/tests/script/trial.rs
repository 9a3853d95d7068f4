//! "`--try`: connects to all that the configuration names, and writes nothing."

use cback_tests::{Finished, Run, Server, Shell, Site, in_each_shell};
use std::fs;
use std::sync::LazyLock;

in_each_shell!(what_could_not_be_backed_up_is_named_and_nothing_is_written);

/// With a role that may read one database, cannot connect to another, and not read a table in a third.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    server.sql("postgres", "CREATE ROLE clerk LOGIN");
    for name in ["open", "shut", "a secret\none"] {
        server.create_database(name);
        server.sql(name, "CREATE TABLE t (a int)");
    }
    server.sql("postgres", "REVOKE CONNECT ON DATABASE shut FROM PUBLIC");
    server.sql("open", "GRANT SELECT ON t TO clerk");
    server
});

fn what_could_not_be_backed_up_is_named_and_nothing_is_written(shell: Shell) {
    let site = Site::new();
    let run = |more: &str| {
        let section = "<user>clerk</user><compress_mode>gzip</compress_mode>";
        site.configure_section(&format!("{section}{more}"));
        site.command(&SERVER, shell).arg("--try").run()
    };
    let one = "<globals>Y</globals><database>open</database>";
    let said = run(one).succeeds();
    for name in ["roles and tablespaces", "open"] {
        let line = format!("cback-postgresql: {name}: can be backed up\n");
        assert!(said.contains(&line), "{said}");
    }
    let three =
        "<database>missing</database><database>shut</database><database>a secret\none</database>";
    let said = run(&format!("{one}{three}")).fails(1);
    for cause in [
        "missing: pg_dump: error: connection to server",
        "shut: pg_dump: error: connection to server",
        "a secret?one: pg_dump: error: query failed: ERROR:  permission denied for table t",
    ] {
        let cause = format!("cback-postgresql: {cause}");
        assert!(said.contains(&cause), "{said}");
    }
    let last = "\ncback-postgresql: cannot be backed up: ";
    let (_, names) = said.trim_end().split_once(last).expect(&said);
    let mut names: Vec<_> = names.split(", ").collect();
    names.sort_unstable();
    assert_eq!(names, ["a secret?one", "missing", "shut"], "{said}");
    // All of them at once, and each that the server has.
    for all in ["<all>Y</all>", "<all>Y</all><separate>Y</separate>"] {
        let said = run(all).fails(1);
        assert!(said.contains(last), "{said}");
    }
    assert_eq!(fs::read_dir(site.collect_dir()).unwrap().count(), 0);
}
