//! "Messages name the thing at fault and the cause", "nothing asks for a password".

use crate::{PROGRAM, by_script, create_table, failed, pgdump, run, with_shim, written};
use cback_tests::{Finished, Server, server, skip};
use std::fs;
use std::process::Command;

/// The user, what to dump, and what the server or pg_dump says of it.
#[rustfmt::skip]
const REFUSED: [(&str, &str, &str); 6] = [
    ("postgres", "no such", "FATAL:  database \"no such\" does not exist\n"),
    ("postgres", "no\nsuch", "\nsuch\" does not exist\n"),
    ("not there", "postgres", "FATAL:  role \"not there\" does not exist\n"),
    ("not there", "--all", "FATAL:  role \"not there\" does not exist\n"),
    ("stranger", "private", "permission denied for table t\n"),
    ("clerk", "guarded", "would be affected by row-level security policy"),
];

/// The server's own words come first, then ours, on one line whatever is in the name.
#[test]
fn what_the_server_refuses_is_said_by_it_and_by_us() {
    create_table(server(), "private", 1);
    create_table(server(), "guarded", 1);
    server().sql(
        "guarded",
        "CREATE ROLE stranger LOGIN; CREATE ROLE clerk LOGIN; GRANT SELECT ON t TO clerk; \
         ALTER TABLE t ENABLE ROW LEVEL SECURITY;",
    );
    for (user, target, words) in REFUSED {
        let said = failed(&pgdump(server(), &["--user", user, target])).said();
        let what = match target {
            "--all" => "all databases: pg_dumpall".to_owned(),
            name => format!("database {name:?}: pg_dump"),
        };
        let ours = format!("\ncback-pgdump: {what} failed (exit status: 1)\n");
        let are_both = said.contains(words) && said.ends_with(&ours);
        assert!(are_both, "{user} {target}: {said}");
    }
}

#[test]
fn a_program_that_cannot_be_run() {
    let hint = "cback-pgdump: hint: install PostgreSQL's client programs, or say where they are: \
                --pg-dump, --pg-dumpall, or <override> in cback3's configuration\n";
    let missing = "database \"db\": /no/pg_dump: No such file or directory (os error 2)";
    let forbidden = "all databases: /etc/passwd: Permission denied (os error 13)";
    for (arguments, fault, hint) in [
        (["--pg-dump", "/no/pg_dump", "db"], missing, hint),
        (["--pg-dumpall", "/etc/passwd", "--all"], forbidden, ""),
    ] {
        let output = failed(&pgdump(server(), &arguments));
        assert_eq!(output.said(), format!("cback-pgdump: {fault}\n{hint}"));
    }
}

/// Such a dump may be good, but its end cannot be told.
#[test]
fn a_dump_in_another_form_or_place() {
    create_table(server(), "formed", 1);
    let file = server().host().join("formed.sql");
    let file = file.to_str().expect("a path without surprises");
    for options in [&["-Fc"][..], &["-Z9"], &["-f", file]] {
        let output = failed(pgdump(server(), &["formed", "--"]).args(options));
        let message = "cback-pgdump: database \"formed\": pg_dump broke off: \
             the dump does not end with \"-- PostgreSQL database dump complete\"\n\
             cback-pgdump: hint: only plain text on standard output can be checked: \
             leave out options such as --format and --file\n";
        assert_eq!(output.said(), message, "{options:?}");
    }
}

/// With a terminal, pg_dump would ask there; without one, read the password from standard input.
#[test]
fn nobody_is_asked_for_a_password() {
    let server = Server::start();
    let hba = server.host().join("data/pg_hba.conf");
    let rules = "local all postgres trust\nlocal all all scram-sha-256\n";
    fs::write(hba, rules).expect("ours");
    let lock = "CREATE ROLE locked LOGIN PASSWORD 'secret'; SELECT pg_reload_conf()";
    server.sql("postgres", lock);
    for target in ["postgres", "--all"] {
        for words in [
            &["script", "-qec", "\"$PROGRAM\" $TARGET", "/dev/null"][..],
            &["sh", "-c", "echo secret | \"$PROGRAM\" $TARGET"],
        ] {
            let mut command = server.command(words[0]);
            command.args(&words[1..]).env("SHELL", "/bin/sh");
            command.env("PROGRAM", PROGRAM).env("TARGET", target);
            command.envs([("PGUSER", "locked"), ("PGPASSFILE", "/dev/null")]);
            let output = failed(&command);
            // The terminal gets both.
            let said = output.printed() + &output.said();
            assert!(said.contains("fe_sendauth: no password supplied"), "{said}");
            assert!(!said.contains("Password"), "{said}");
        }
    }
}

/// "Nothing of theirs goes into a message without a bound": the server can say as much as it wants.
#[test]
fn of_long_messages_the_beginning_and_the_end_are_passed_on() {
    let long = "{ printf é%01000000d; echo; printf %01024d; echo; } >&2;";
    let many = "yes \"$(printf %0100d 0)\" | head -c 20000000 >&2; echo >&2;";
    let script = format!("{long} {many} echo last >&2; exit 1");
    let said = failed(&with_shim(&script, &["db"])).said();
    let mut lines = said.lines();
    let (first, second) = (lines.next().unwrap_or_default(), lines.next());
    assert_eq!((first.len(), &first[1020..]), (1028, "0000 ..."));
    assert_eq!(second, Some(&*"0".repeat(1024)));
    assert!(said.len() < 1_200_000, "{}", said.len());
    let left_out = "\ncback-pgdump: some messages are left out here\n";
    assert_eq!(said.matches(left_out).count(), 1);
    let ours = "failed (exit status: 1)\n";
    let end: String = said.lines().rev().take(3).collect::<Vec<_>>().join("\n");
    assert!(said.ends_with(ours) && end.contains("\nlast\n000"), "{end}");
}

/// A database older than the system's libraries is named at each connection, in three lines; pg_dumpall comes twice.
#[test]
fn a_mismatch_of_collations_is_said_once() {
    let server = Server::start();
    let icu = "SELECT 1 FROM pg_collation WHERE collprovider = 'i' LIMIT 1";
    if server.sql("postgres", icu).is_empty() {
        return skip("this PostgreSQL knows no ICU");
    }
    let create = "CREATE DATABASE old TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'";
    let age = "UPDATE pg_database SET datcollversion = '1.0' WHERE datname = 'old'";
    server.sql("postgres", create);
    server.sql("postgres", age);
    let warning = "WARNING:  database \"old\" has a collation version mismatch\n";
    for arguments in [&["old"][..], &["--all", "--", "--database=old"]] {
        let output = run(&pgdump(&server, arguments));
        assert_eq!((output.status.code(), &*output.said()), (Some(0), warning));
    }
}

#[test]
fn our_own_messages_are_short() {
    let said = failed(&pgdump(server(), &[&"é".repeat(50_000)])).said();
    assert!(said.len() < 1100 && said.ends_with("é ...\n"), "{said}");
}

/// `cback-pgdump ARGUMENT` with sh's redirections.
fn redirected(redirections: &str, argument: &str) -> Command {
    let script = format!("exec \"$@\" {redirections}");
    by_script(&script, &pgdump(server(), &[argument]))
}

/// "A write error is a failure, never swallowed": clap would exit with 0 if its help cannot be printed.
#[test]
fn an_output_that_cannot_be_written() {
    create_table(server(), "much", 2000);
    let full = "No space left on device (os error 28)";
    let closed =
        "closed (or /dev/null opened for reading as well as writing, which looks the same)";
    for argument in ["much", "--help", "--version"] {
        for (redirection, fault) in [
            (">/dev/full", full),
            (">&-", closed),
            ("1<>/dev/null", closed),
        ] {
            let output = failed(&redirected(redirection, argument));
            let message = format!("cback-pgdump: standard output: {fault}\n");
            assert_eq!(output.said(), message, "{argument} {redirection}");
        }
    }
    // A pipe whose reader is gone before the writer begins.
    let unread = "mkfifo $$; { exec 3<>$$ 4>$$ 3<&-; \"$@\" >&4; echo $? >&2; }; rm $$";
    let mut unread = by_script(unread, &pgdump(server(), &["--help"]));
    let said = run(unread.current_dir(server().host())).said();
    assert_eq!(said, "1\n");
    // An output that nobody wants is fine.
    written(&redirected(">/dev/null", "postgres"));
}

#[test]
fn closed_and_full_standard_errors_change_nothing_else() {
    for closed in ["2>&-", "2>/dev/full", "<&- 2>&-"] {
        for (argument, code) in [("postgres", 0), ("no such", 1), ("--no-such-option", 2)] {
            let output = run(&redirected(closed, argument));
            assert_eq!(output.status.code(), Some(code), "{argument} {closed}");
        }
    }
}
