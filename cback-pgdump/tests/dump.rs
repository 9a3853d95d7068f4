//! What comes out, and when it is sealed.

mod server;

use server::{SERVER, cback_pgdump, create_table, dumped, run, stderr, with_shim, without_keys};
use std::fs::{self, File};
use std::process::Command;

const SEAL: &str = "a-word-for-this-dump";
const OLD_END: &str = "--\n-- PostgreSQL database dump complete\n--\n\n";
const NEW_END: &str = "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict Key\n\n";
const CLUSTER_END: &str = "--\n-- PostgreSQL database cluster dump complete\n--\n\n";

#[test]
fn the_dump_is_pg_dumps_own_and_the_seal_comes_after_it() {
    create_table("own", 3000);
    let original = dumped(SERVER.command("pg_dump").arg("own"));
    let plain = dumped(cback_pgdump().arg("own"));
    let sealed = dumped(cback_pgdump().args(["own", "--seal", SEAL]));
    assert_eq!(without_keys(&plain), without_keys(&original));
    let dump = sealed.strip_suffix(SEAL).expect("a seal");
    assert_eq!(without_keys(dump), without_keys(&original));
}

/// A pipe and a file take pages from the kernel, a file open for appending does not.
#[test]
fn the_dump_is_the_same_whatever_takes_it() {
    create_table("taken", 3000);
    let original = without_keys(&dumped(SERVER.command("pg_dump").arg("taken")));
    for append in [false, true] {
        let path = SERVER.host().join("taken.sql");
        fs::write(&path, "").expect("room for a dump");
        let file = File::options()
            .write(true)
            .append(append)
            .open(&path)
            .expect("our file");
        let output = run(cback_pgdump().args(["taken", "--seal", SEAL]).stdout(file));
        assert!(output.status.success(), "{}", stderr(&output));
        let dump = fs::read_to_string(&path).expect("a dump");
        assert_eq!(
            without_keys(dump.strip_suffix(SEAL).expect("a seal")),
            original
        );
    }
}

/// Ends that arrive in one piece with much before them, byte by byte, and after a pause.
#[test]
fn the_end_is_found_however_it_arrives() {
    let rows = "seq 1 100000; ";
    let end = "printf %s \"$END\"";
    let bytewise = "printf %s \"$END\" | dd bs=1 status=none";
    for script in [
        format!("{{ {rows} {end}; }} | cat"),
        format!("{rows} {end}"),
        format!("{rows} {bytewise}"),
    ] {
        let output = run(with_shim(&script)
            .args(["db", "--seal", SEAL])
            .env("END", NEW_END));
        assert!(output.status.success(), "{script}: {}", stderr(&output));
        assert!(
            output
                .stdout
                .ends_with(format!("100000\n{NEW_END}{SEAL}").as_bytes())
        );
        let unended = format!("{script}; {rows} true");
        let output = run(with_shim(&unended)
            .args(["db", "--seal", SEAL])
            .env("END", NEW_END));
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.ends_with(b"\n100000\n"));
    }
}

#[test]
fn all_databases_are_pg_dumpalls_own() {
    create_table("one of all", 3000);
    let original = dumped(&mut SERVER.command("pg_dumpall"));
    let sealed = dumped(cback_pgdump().args(["--all", "--seal", SEAL]));
    let dump = sealed.strip_suffix(SEAL).expect("a seal");
    assert!(dump.contains("\\connect"));
    // Other tests create databases meanwhile.
    let ours = |dump: &str| {
        let from = dump
            .split("dbname='one of all'")
            .nth(1)
            .expect("our database")
            .to_owned();
        without_keys(
            from.split("database dump complete")
                .next()
                .expect("its end"),
        )
    };
    assert_eq!(ours(dump), ours(&original));
}

#[test]
fn further_options_reach_pg_dump() {
    create_table("optional", 1);
    let schema = dumped(cback_pgdump().args(["optional", "--", "--schema-only", "-t", "t"]));
    assert_eq!(
        without_keys(&schema),
        without_keys(&dumped(
            SERVER
                .command("pg_dump")
                .args(["-s", "-t", "t", "optional"])
        ))
    );
    assert!(!schema.contains("COPY"));
}

/// What pg_dump says is more than its errors: with `--verbose`, what it does.
#[test]
fn the_childs_messages_pass_through() {
    create_table("verbose", 1);
    let output = run(cback_pgdump().args(["verbose", "--", "--verbose"]));
    assert!(output.status.success());
    assert!(stderr(&output).contains("pg_dump: dumping contents of table \"public.t\"\n"));
}

/// `command` must succeed with `dump` and the seal on its standard output.
#[track_caller]
fn assert_sealed(command: &mut Command, dump: &str) {
    assert_eq!(
        dumped(command.args(["--seal", SEAL])),
        format!("{dump}{SEAL}")
    );
}

/// `command` must fail with just `dump` on its standard output and `message` as its last words.
#[track_caller]
fn assert_unsealed(command: &mut Command, dump: &str, message: &str) {
    let output = run(command.args(["--seal", SEAL]));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), dump);
    assert!(
        stderr(&output).ends_with(&format!("{message}\n")),
        "{}",
        stderr(&output)
    );
}

fn printing(dump: &str) -> Command {
    let mut command = with_shim("printf %s \"$DUMP\"");
    command.env("DUMP", dump);
    command
}

#[test]
fn old_and_new_ends_are_ends() {
    assert_sealed(printing(OLD_END).arg("db"), OLD_END);
    assert_sealed(printing(NEW_END).arg("db"), NEW_END);
    assert_sealed(printing(CLUSTER_END).arg("--all"), CLUSTER_END);
}

#[test]
fn what_is_no_end_gets_no_seal() {
    let in_data = "COPY t FROM stdin;\n--\n-- PostgreSQL database dump complete\n--\n\n\\.\n";
    let message = "broke off: the dump does not end with \"-- PostgreSQL database dump complete\"";
    for dump in [
        "",
        "CREATE TABLE t ();\n",
        in_data,
        CLUSTER_END,
        &format!("{NEW_END}\n"),
    ] {
        assert_unsealed(printing(dump).arg("db"), dump, message);
    }
}

#[test]
fn a_databases_end_is_not_all_databases_end() {
    let message =
        "broke off: the dump does not end with \"-- PostgreSQL database cluster dump complete\"";
    for dump in [OLD_END, NEW_END] {
        assert_unsealed(printing(dump).arg("--all"), dump, message);
    }
}

#[test]
fn a_child_that_fails_gets_no_seal() {
    for (script, status) in [
        ("exit 1", "exit status: 1"),
        ("exit 3", "exit status: 3"),
        ("kill -KILL $$", "signal: 9 (SIGKILL)"),
        ("kill -TERM $$", "signal: 15 (SIGTERM)"),
    ] {
        let mut command = with_shim(&format!("printf %s \"$DUMP\"; {script}"));
        assert_unsealed(
            command.arg("db").env("DUMP", OLD_END),
            OLD_END,
            &format!("failed ({status})"),
        );
    }
}

#[test]
fn a_child_may_close_its_output_before_it_fails() {
    let script = "printf %s \"$DUMP\"; exec >&-; exit 1";
    let mut command = with_shim(script);
    assert_unsealed(
        command.arg("db").env("DUMP", OLD_END),
        OLD_END,
        "failed (exit status: 1)",
    );
}

/// As an ssh master does that a wrapper around pg_dump has started.
#[test]
fn a_process_that_keeps_standard_error_open_does_not_hold_up_the_end() {
    let script = "setsid sleep 600 >/dev/null & printf %s \"$DUMP\"; echo $! >\"$PIDFILE\"";
    let pidfile = SERVER.host().join("sleeper");
    let mut command = with_shim(script);
    assert_sealed(
        command
            .arg("db")
            .env("DUMP", OLD_END)
            .env("PIDFILE", &pidfile),
        OLD_END,
    );
    let pid = std::fs::read_to_string(pidfile).expect("the sleeper's number");
    assert!(run(Command::new("kill").arg(pid.trim())).status.success());
}
