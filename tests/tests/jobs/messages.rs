//! What a run says: whole lines, each with its database, and only what helps.

use crate::command;
use cback_tests::{
    Finished, Shell, Site, SmallDisk, YESTERDAY, in_each_shell, run_with_input, script, server,
    shim, skipped_without_root, tool, wrapped,
};
use std::fs;
use std::process::Command;

in_each_shell!(
    messages_of_several_never_mix_and_name_their_database,
    a_missing_seal_is_no_news_after_the_real_error,
    the_last_backup_is_spoken_of_only_where_there_is_one,
    warnings_are_shown_unless_quiet_is_wanted,
    a_current_directory_that_cannot_be_entered_is_no_matter,
    a_default_configuration_that_is_missing_points_to_the_example,
    a_read_only_collect_dir_names_the_likely_cause,
);

/// As pg_dump does, each line comes in three writes.
fn messages_of_several_never_mix_and_name_their_database(shell: Shell) {
    let mut site = Site::new();
    let talking = "for i in 1 2 3 4 5 6 7 8 9 10; do\n\
                   printf 'pg_dump: ' >&2; printf \"$PGDATABASE \" >&2; printf 'line %d\\n' $i >&2\n\
                   done; printf 'no end' >&2; exec pg_dump \"$@\"";
    let talking = site.shim("talking-pg_dump", talking);
    site.override_command("pg_dump", &talking);
    site.configure("none", &["postgres", "template1", "postgres", "template1"]);
    let output = command(&site, shell, 4).arg("--quiet").output().unwrap();
    let said = output.succeeds();
    assert_eq!(said.lines().count(), 4 * 11, "{said}");
    for database in ["postgres", "template1"] {
        for number in 1..=10 {
            let line = format!("cback-postgresql: {database}: pg_dump: {database} line {number}");
            assert_eq!(
                said.lines().filter(|it| *it == line).count(),
                2,
                "{line}: {said}"
            );
        }
        let line = format!("cback-postgresql: {database}: no end");
        assert_eq!(said.lines().filter(|it| *it == line).count(), 2, "{said}");
    }
}

fn a_missing_seal_is_no_news_after_the_real_error(shell: Shell) {
    let mut site = Site::with("gzip", &["missing"]);
    let said = site.run(server(), shell).fails(1);
    assert!(
        said.contains("cback-postgresql: missing: cback-pgdump: "),
        "{said}"
    );
    assert!(!said.contains("seal"), "{said}");
    // But where cback-pgdump cannot say anything, it is all there is.
    let killing = site.shim("killing-pg_dump", "kill -s KILL $PPID; sleep 1");
    site.override_command("pg_dump", &killing);
    site.configure("gzip", &["postgres"]);
    let said = site.run(server(), shell).fails(1);
    assert!(
        said.contains("postgres: cback-compress: the input is incomplete, without its seal"),
        "{said}"
    );
}

fn the_last_backup_is_spoken_of_only_where_there_is_one(shell: Shell) {
    let site = Site::with("none", &["missing"]);
    let said = site.run(server(), shell).fails(1);
    assert!(
        said.contains("\ncback-postgresql: missing: not backed up\n"),
        "{said}"
    );
    fs::write(
        site.collect_dir().join(crate::file_name("missing")),
        YESTERDAY,
    )
    .unwrap();
    let said = site.run(server(), shell).fails(1);
    let line = "\ncback-postgresql: missing: not backed up, the last backup is as it was\n";
    assert!(said.contains(line), "{said}");
}

fn warnings_are_shown_unless_quiet_is_wanted(shell: Shell) {
    let site = Site::new();
    site.configure_section(
        "<compress_mode>none</compress_mode><database>postgres</database><databse>shop</databse>",
    );
    for options in [&[][..], &["-v"], &["-n"]] {
        let output = site.command(server(), shell).args(options).output();
        let said = output.unwrap().succeeds();
        assert!(
            said.contains("warning: unknown element <databse>"),
            "{options:?}: {said}"
        );
    }
    let output = site.command(server(), shell).arg("-q").output().unwrap();
    assert_eq!(output.succeeds(), "");
}

fn a_current_directory_that_cannot_be_entered_is_no_matter(shell: Shell) {
    if skipped_without_root("nobody else may leave root's directory behind") {
        return;
    }
    let site = Site::with("none", &["postgres"]);
    let closed = site.path("closed");
    fs::create_dir(&closed).unwrap();
    for path in [site.collect_dir(), site.config()] {
        std::os::unix::fs::chown(path, Some(65_534), None).unwrap();
    }
    let mut inner = site.command(server(), shell);
    inner.args(["--quiet"]).current_dir(&closed);
    let script = "chmod 700 . && exec setpriv --reuid=65534 --regid=65534 --clear-groups -- \"$@\"";
    let output = wrapped(&["sh", "-c", script, "sh"], &inner)
        .output()
        .unwrap();
    assert_eq!(output.succeeds(), "");
}

/// Installed as `scripts/install` does; the default is missing in a mount namespace of its own only.
fn a_default_configuration_that_is_missing_points_to_the_example(shell: Shell) {
    if fs::exists("/etc/cback3.conf").unwrap() {
        cback_tests::skip("this machine has a configuration");
        return;
    }
    let site = Site::new();
    let examples = site.path("share/doc/cback-postgresql/examples");
    fs::create_dir_all(&examples).unwrap();
    fs::create_dir(site.path("bin")).unwrap();
    fs::copy(tool("cback-pgconf"), site.path("bin/cback-pgconf")).unwrap();
    fs::copy(
        script("cback-postgresql"),
        site.path("bin/cback-postgresql"),
    )
    .unwrap();
    let mut command = Command::new(shell[0]);
    command
        .args(&shell[1..])
        .arg(site.path("bin/cback-postgresql"));
    let said = command.output().unwrap().fails(1);
    assert!(
        said.contains("/etc/cback3.conf") && !said.contains("example"),
        "{said}"
    );
    fs::write(examples.join("cback-postgresql.conf"), "").unwrap();
    let said = command.output().unwrap().fails(1);
    let hint = "cback-postgresql: hint: there is an example, ";
    let line = said.lines().last().unwrap();
    let path = line.strip_prefix(hint).unwrap_or_else(|| panic!("{said}"));
    assert!(fs::exists(path).unwrap(), "{said}");
}

fn a_read_only_collect_dir_names_the_likely_cause(shell: Shell) {
    if skipped_without_root("nobody else may mount") {
        return;
    }
    let site = Site::with("none", &["postgres"]);
    let disk = SmallDisk::mount(&site.collect_dir(), "ro,size=100k");
    let mut command = disk.command(&site.command(server(), shell));
    let directory = site.collect_dir().display().to_string();
    let expected = format!(
        "cback-postgresql: collect_dir {directory} is on a read-only file system\n\
         cback-postgresql: hint: a systemd unit has to name it in ReadWritePaths= (systemctl edit)\n"
    );
    // As root, busybox notices when it begins.
    let said = command.output().unwrap().fails(1);
    assert!(said.starts_with(&expected), "{said}");
}

/// The levels at which cback3's log shows what the script says.
#[test]
fn the_module_logs_failures_as_errors() {
    let site = Site::new();
    shim(&site.path("cback-postgresql"), "cat \"$2\" >&2");
    fs::copy(
        script("cback_postgresql.py"),
        site.path("cback_postgresql.py"),
    )
    .unwrap();
    let lines = [
        (
            "WARNING",
            "cback-pgconf: /etc/cback3.conf:3:9: warning: unknown element <databse> is ignored",
        ),
        (
            "WARNING",
            "cback-pgconf: hint: an element is spelled as in the example",
        ),
        (
            "INFO",
            "cback-postgresql: shop: /x/postgresqldump-shop.txt, 693 bytes, 0 s",
        ),
        (
            "ERROR",
            "cback-postgresql: a: pg_dump: error: connection failed: FATAL:  database \"a\" does not exist",
        ),
        ("ERROR", "cback-postgresql: a: pg_dump: hint: what to do"),
        (
            "WARNING",
            "cback-postgresql: b: pg_dump: warning: there are circular foreign keys",
        ),
        (
            "WARNING",
            "cback-postgresql: b: pg_dump: detail: on table t",
        ),
        (
            "INFO",
            "cback-postgresql: all databases: /x/postgresqldump.txt.gz, ? bytes, 12 s",
        ),
        ("ERROR", "cback-postgresql: not backed up: a"),
    ];
    let said: Vec<_> = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    fs::write(site.path("said"), said.concat()).unwrap();
    let python = "import logging, sys, cback_postgresql as module\n\
                  logging.basicConfig(format='%(levelname)s %(message)s', level=logging.INFO, stream=sys.stdout)\n\
                  module.executeAction(sys.stdin.read(), None, None)";
    let mut command = Command::new(cback_tests::python());
    command
        .args(["-B", "-c", python])
        .env("PYTHONPATH", site.path(""));
    let config = site.path("said").display().to_string();
    let output = run_with_input(&mut command, config.as_bytes());
    let expected: Vec<_> = lines
        .iter()
        .map(|(level, line)| format!("{level} {line}\n"))
        .collect();
    assert_eq!(output.printed(), expected.concat(), "{}", output.said());
}
