//! What goes wrong is said in one clear line, and nobody is asked for anything.

mod server;

use cback_tests::{Server, tool};
use server::{SERVER, cback_pgdump, create_table, run, stderr};
use std::fs::{self, OpenOptions};
use std::process::Output;

/// The server's own words come first, then ours.
#[track_caller]
fn assert_failed(output: &Output, words: &str, ours: &str) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(said.ends_with(&format!("cback-pgdump: {ours}\n")), "{said}");
}

#[test]
fn a_missing_database() {
    let output = run(cback_pgdump().arg("no such"));
    let ours = "database \"no such\": pg_dump failed (exit status: 1)";
    assert_failed(
        &output,
        "FATAL:  database \"no such\" does not exist\n",
        ours,
    );
    assert!(output.stdout.is_empty());
    assert_eq!(stderr(&output).lines().count(), 2);
}

#[test]
fn a_name_is_told_on_one_line() {
    let output = run(cback_pgdump().arg("no\nsuch"));
    let ours = "database \"no\\nsuch\": pg_dump failed (exit status: 1)";
    assert_failed(&output, "does not exist", ours);
}

#[test]
fn an_unknown_role() {
    let output = run(cback_pgdump().args(["-U", "nobody at all", "postgres"]));
    let ours = "database \"postgres\": pg_dump failed (exit status: 1)";
    assert_failed(
        &output,
        "FATAL:  role \"nobody at all\" does not exist\n",
        ours,
    );
    let output = run(cback_pgdump().args(["-U", "nobody at all", "--all"]));
    let ours = "all databases: pg_dumpall failed (exit status: 1)";
    assert_failed(
        &output,
        "FATAL:  role \"nobody at all\" does not exist\n",
        ours,
    );
}

#[test]
fn a_refused_connection() {
    let output = run(cback_pgdump().arg("postgres").env("PGHOST", "/nowhere"));
    let ours = "database \"postgres\": pg_dump failed (exit status: 1)";
    assert_failed(
        &output,
        "connection to server on socket \"/nowhere/.s.PGSQL.5432\"",
        ours,
    );
}

#[test]
fn missing_privileges() {
    create_table("private", 1);
    SERVER.sql("postgres", "CREATE ROLE stranger LOGIN");
    let output = run(cback_pgdump().args(["-U", "stranger", "private"]));
    let ours = "database \"private\": pg_dump failed (exit status: 1)";
    assert_failed(&output, "permission denied for table t\n", ours);
}

/// The child fails half way: what has been written stays unsealed.
#[test]
fn row_level_security() {
    create_table("guarded", 1);
    SERVER.sql(
        "guarded",
        "CREATE ROLE clerk LOGIN; GRANT SELECT ON t TO clerk; \
         ALTER TABLE t ENABLE ROW LEVEL SECURITY;",
    );
    let output = run(cback_pgdump().args(["-U", "clerk", "guarded", "--seal", "walrus"]));
    let ours = "database \"guarded\": pg_dump failed (exit status: 1)";
    assert_failed(
        &output,
        "query would be affected by row-level security policy",
        ours,
    );
    assert!(
        output
            .stdout
            .starts_with(b"--\n-- PostgreSQL database dump\n--\n")
    );
    assert!(!output.stdout.ends_with(b"walrus"));
}

#[test]
fn a_program_that_is_not_there() {
    let output = run(cback_pgdump().args(["--pg-dump", "/no/pg_dump", "db"]));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "cback-pgdump: database \"db\": /no/pg_dump: No such file or directory (os error 2)\n\
         cback-pgdump: hint: install PostgreSQL's client programs, or say where they are: \
         --pg-dump, --pg-dumpall, or <override> in cback3's configuration\n"
    );
}

#[test]
fn a_program_that_may_not_be_run() {
    let output = run(cback_pgdump().args(["--pg-dumpall", "/etc/passwd", "--all"]));
    assert_eq!(output.status.code(), Some(1));
    let message = "cback-pgdump: all databases: /etc/passwd: Permission denied (os error 13)\n";
    assert_eq!(stderr(&output), message);
}

/// What pg_dump is asked for so is a dump as well, but not one whose end can be told.
#[test]
fn a_dump_in_another_form_or_place() {
    create_table("formed", 1);
    let file = SERVER.host().join("formed.sql");
    let file = file.to_str().expect("a path without surprises");
    for options in [&["-Fc"][..], &["-Z9"], &["-f", file]] {
        let output = run(cback_pgdump().args(["formed", "--"]).args(options));
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            stderr(&output),
            "cback-pgdump: database \"formed\": pg_dump broke off: \
             the dump does not end with \"-- PostgreSQL database dump complete\"\n\
             cback-pgdump: hint: only plain text on standard output can be checked: \
             leave out options such as --format and --file\n",
            "{options:?}"
        );
    }
}

/// With a terminal, pg_dump would ask there; without one, read the password from standard input.
#[test]
fn nobody_is_asked_for_a_password() {
    let server = Server::start();
    let hba = server.host().join("data/pg_hba.conf");
    fs::write(
        hba,
        "local all postgres trust\nlocal all all scram-sha-256\n",
    )
    .expect("ours");
    server.sql(
        "postgres",
        "CREATE ROLE locked LOGIN PASSWORD 'secret'; SELECT pg_reload_conf()",
    );
    let program = tool("cback-pgdump");
    let program = program.to_str().expect("a path without surprises");
    for target in ["postgres", "--all"] {
        for words in [
            &["script", "-qec", "\"$PROGRAM\" $TARGET", "/dev/null"][..],
            &["sh", "-c", "echo secret | \"$PROGRAM\" $TARGET"],
        ] {
            let mut command = server.command(words[0]);
            command
                .args(&words[1..])
                .env("PROGRAM", program)
                .env("TARGET", target);
            command
                .env("PGUSER", "locked")
                .env("PGPASSFILE", "/dev/null")
                .env("SHELL", "/bin/sh");
            let output = run(&mut command);
            let said = [output.stdout.as_slice(), &output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("fe_sendauth: no password supplied"), "{said}");
            assert!(!said.contains("Password"), "{said}");
        }
    }
}

#[test]
fn an_output_that_is_full() {
    create_table("much", 2000);
    let full = OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let output = run(cback_pgdump().arg("much").stdout(full));
    assert_eq!(output.status.code(), Some(1));
    let message = "cback-pgdump: standard output: No space left on device (os error 28)\n";
    assert_eq!(stderr(&output), message);
}

/// Runs `script` with `"$@"` standing for `cback-pgdump ARGUMENTS`.
fn in_shell(script: &str, arguments: &[&str]) -> Output {
    let program = cback_pgdump();
    let mut shell = SERVER.command("sh");
    shell.args(["-c", script, "sh"]).arg(program.get_program());
    run(shell.args(arguments))
}

#[test]
fn an_output_that_is_closed() {
    let message = "cback-pgdump: standard output: closed (or /dev/null opened for reading \
                   as well as writing, which looks the same)\n";
    for script in ["exec \"$@\" >&-", "exec \"$@\" 1<>/dev/null"] {
        let output = in_shell(script, &["postgres"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr(&output), message, "{script}");
    }
}

#[test]
fn an_output_that_nobody_wants_is_fine() {
    let output = in_shell("exec \"$@\" >/dev/null", &["postgres"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn closed_and_full_standard_errors_change_nothing_else() {
    for script in [
        "exec \"$@\" 2>&-",
        "exec \"$@\" 2>/dev/full",
        "exec \"$@\" <&- 2>&-",
    ] {
        assert!(in_shell(script, &["postgres"]).status.success());
        assert_eq!(in_shell(script, &["no such"]).status.code(), Some(1));
        assert_eq!(
            in_shell(script, &["--no-such-option"]).status.code(),
            Some(2)
        );
    }
}

/// As clap words them, and as every user of clap's programs knows them.
#[test]
fn usage_errors_help_and_version_are_claps() {
    for arguments in [
        &["--no-such-option"][..],
        &["-x"],
        &["one", "two"],
        &["db", "--seal", ""],
        &["db", "--seal"],
        &["--all", "db"],
        &["--globals", "db"],
        &["--globals", "--all"],
        &["--check", "db"],
        &["--check", "--all"],
        &["--check", "--seal", "word"],
        &["--check", "--", "--schema-only"],
        &["--json", "db"],
        &["--plan", "file", "db"],
        &["--die-with", "0", "db"],
        &["--die-with", "x", "db"],
        &[],
        &[""],
    ] {
        let output = run(cback_pgdump().args(arguments));
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
        assert!(said.starts_with("error: "), "{arguments:?}: {said}");
        assert!(said.contains("--help"), "{arguments:?}: {said}");
    }
    for option in ["--help", "--version", "-h"] {
        let output = run(cback_pgdump().arg(option));
        assert!(output.status.success() && output.stderr.is_empty());
        assert!(String::from_utf8_lossy(&output.stdout).contains("pgdump"));
    }
}
