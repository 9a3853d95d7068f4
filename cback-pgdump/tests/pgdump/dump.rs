//! "stdout is the child's output, unaltered (then the seal, if asked for)", and "fails unless the child exited 0
//! and its output ended with the program's own marker".

use crate::{
    PROGRAM, SEAL, SHIM, VERSIONS, by_script, create_table, dumped, failed, pgdump, run, with_shim,
    written,
};
use cback_tests::{Finished, Server, server, without_keys};
use std::fs;
use std::process::Command;

const OLD_END: &str = "--\n-- PostgreSQL database dump complete\n--\n\n";
const NEW_END: &str = "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict Key\n\n";
const CLUSTER_END: &str = "--\n-- PostgreSQL database cluster dump complete\n--\n\n";

/// The output of pg_dump or pg_dumpall itself.
fn original(server: &Server, program: &str, arguments: &[&str]) -> Vec<u8> {
    without_keys(&written(server.command(program).args(arguments)))
}

/// A pipe and a file take pages from the kernel, a file open for appending does not.
#[test]
fn the_dump_is_pg_dumps_own_whatever_takes_it() {
    create_table(server(), "own", 3000);
    let original = original(server(), "pg_dump", &["own"]);
    let unsealed = written(server().command(PROGRAM).arg("own"));
    assert!(without_keys(&unsealed) == original, "without a seal");
    let sealed = pgdump(server(), &["own"]);
    assert!(without_keys(&dumped(&sealed)) == original, "into a pipe");
    for arrow in [">", ">>"] {
        let file = "file=$PGHOST/own.sql; rm -f \"$file\"";
        let script = format!("{file}; \"$@\" {arrow} \"$file\" && cat \"$file\"");
        let dump = dumped(&by_script(&script, &sealed));
        assert!(without_keys(&dump) == original, "into a file, by {arrow}");
    }
}

#[test]
fn all_databases_are_pg_dumpalls_own() {
    let dump = dumped(&pgdump(&VERSIONS[0], &["--all"]));
    assert!(String::from_utf8_lossy(&dump).contains("\n\\connect m\n"));
    assert!(without_keys(&dump) == original(&VERSIONS[0], "pg_dumpall", &[]));
}

/// pg_dump says more than its errors: with `--verbose`, all that it does.
#[test]
fn further_options_reach_pg_dump_and_its_messages_pass() {
    create_table(server(), "optional", 1);
    let options = ["--schema-only", "-t", "t", "--verbose"];
    let mut command = pgdump(server(), &["optional", "--"]);
    let output = run(command.args(options));
    let told = "pg_dump: creating TABLE \"public.t\"\n";
    assert!(output.succeeds().contains(told), "{}", output.said());
    let dump = output.printed();
    let has_schema_only = dump.contains("\nCREATE TABLE public.t (") && !dump.contains("\nCOPY ");
    assert!(has_schema_only && dump.ends_with(SEAL), "{dump}");
}

/// `cback-pgdump TARGET`, where pg_dump or pg_dumpall prints `dump` and then runs `script`.
fn printing(target: &str, dump: &str, script: &str) -> Command {
    let mut command = with_shim(&format!("printf %s \"$DUMP\"; {script}"), &[target]);
    command.env("DUMP", dump);
    command
}

/// [`printing`] must print just `dump`, and say that pg_dump or pg_dumpall `fault`.
#[track_caller]
fn assert_unsealed(target: &str, dump: &str, script: &str, fault: &str) {
    let output = failed(&printing(target, dump, script));
    assert_eq!(output.printed(), dump, "{target} {script}");
    let what = match target {
        "--all" => "all databases",
        _ => "database \"db\"",
    };
    let message = format!("cback-pgdump: {what}: {SHIM} {fault}\n");
    assert_eq!(output.said(), message, "{script}: {dump}");
}

#[test]
fn old_and_new_ends_are_sealed() {
    let with_key = format!("--\n\n\\restrict Key\n\n{NEW_END}");
    let ends = [OLD_END, NEW_END, &with_key].map(|end| ("db", end));
    let of_cluster = ["--all", "--globals"].map(|target| (target, CLUSTER_END));
    for (target, end) in ends.into_iter().chain(of_cluster) {
        let dump = dumped(&printing(target, end, ""));
        let dump = String::from_utf8_lossy(&dump);
        // Globals tell the server's version, which pg_dumpall leaves out of them.
        let (version, dump) = match dump.split_once('\n') {
            Some((version, dump)) if target == "--globals" => (version, dump),
            _ => ("-- Dumped from database version ", &*dump),
        };
        assert!(
            version.starts_with("-- Dumped from database version "),
            "{version}"
        );
        assert_eq!(dump, end, "{target}");
    }
}

#[test]
fn what_is_no_end_gets_no_seal() {
    let in_data = format!("COPY t FROM stdin;\n{OLD_END}\\.\n");
    let (extended, old_extended) = (format!("{NEW_END}\n"), format!("{OLD_END}\n"));
    // Rows written by `--inserts` may hold line ends, and so all of the old end.
    let with_key = |end: &str| format!("--\n\n\\restrict Key\n\n{end}");
    let (unended, other) = (with_key(OLD_END), with_key(&NEW_END.replace("Key", "Yek")));
    for (target, marker, dump) in [
        ("db", "database", ""),
        ("db", "database", "CREATE TABLE t ();\n"),
        ("db", "database", &in_data),
        ("db", "database", &extended),
        ("db", "database", &unended),
        ("db", "database", &other),
        ("db", "database", &NEW_END.replace(" Key", " ")),
        ("db", "database", &OLD_END.replace("-- P", " -- P")),
        ("db", "database", &old_extended),
        ("db", "database", CLUSTER_END),
        ("--all", "database cluster", OLD_END),
        ("--all", "database cluster", NEW_END),
    ] {
        let marker = format!("-- PostgreSQL {marker} dump complete");
        let fault = format!("broke off: the dump does not end with \"{marker}\"");
        assert_unsealed(target, dump, "", &fault);
    }
}

/// The child may close its output before it fails.
#[test]
fn a_child_that_fails_gets_no_seal() {
    for (script, status) in [
        ("exit 1", "exit status: 1"),
        ("exec >&-; exit 3", "exit status: 3"),
        ("kill -KILL $$", "signal: 9 (SIGKILL)"),
        ("kill -TERM $$", "signal: 15 (SIGTERM)"),
    ] {
        assert_unsealed("db", OLD_END, script, &format!("failed ({status})"));
    }
}

/// Ends that arrive in one piece with much before them, byte by byte, and after a pause.
#[test]
fn the_end_is_found_however_it_arrives() {
    let rows = "seq 1 100000; ";
    let end = "printf %s \"$END\"";
    for script in [
        format!("{{ {rows} {end}; }} | cat"),
        format!("{rows} {end}"),
        format!("{rows} {end} | dd bs=1 status=none"),
    ] {
        let dump = dumped(with_shim(&script, &["db"]).env("END", NEW_END));
        assert!(dump.ends_with(format!("\n100000\n{NEW_END}").as_bytes()));
        let unended = format!("{script}; {rows} true");
        let output = failed(with_shim(&unended, &["db"]).env("END", NEW_END));
        assert!(output.stdout.ends_with(b"\n100000\n"), "{unended}");
    }
}

/// As an ssh master does that a wrapper around pg_dump has started. It writes its number when it has left the group of
/// pg_dump, which gets SIGTERM at the end.
#[test]
fn a_process_that_keeps_standard_error_open_does_not_hold_up_the_end() {
    let script = "setsid sh -c 'echo $$ >\"$PIDFILE\"; exec sleep 600' >/dev/null &
                  until [ -s \"$PIDFILE\" ]; do sleep 0.01; done";
    let pidfile = server().host().join("sleeper");
    let mut command = printing("db", OLD_END, script);
    assert_eq!(dumped(command.env("PIDFILE", &pidfile)), OLD_END.as_bytes());
    let pid = fs::read_to_string(pidfile).expect("the sleeper's number");
    run(Command::new("kill").arg(pid.trim())).succeeds();
}
