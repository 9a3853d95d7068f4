//! "Memory is bounded: 200 MB for any input", and other things that no dump of pg_dump's holds.

use crate::{PROGRAM, TIMEOUT, checked, refused, with_cluster_text, with_rows, with_text};
use cback_tests::{Finished, run_with_input, wrapped};
use rustix::pipe::{PipeFlags, pipe_with};
use std::fs::File;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// `--check` with so many bytes of memory for its data.
#[track_caller]
fn limited(bytes: u32, dump: &[u8]) -> Output {
    let mut command = Command::new("prlimit");
    command.arg(format!("--data={bytes}"));
    let directory = tempfile::tempdir().expect("room");
    command
        .args(["--", PROGRAM, "--check", "--plan"])
        .arg(directory.path());
    run_with_input(&mut wrapped(TIMEOUT, &command), dump)
}

pub(crate) fn lines(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).map(line).collect()
}

/// A name as long as PostgreSQL lets it be.
fn name(number: u32) -> String {
    format!("\"{number:N>63}\"")
}

const MIB: usize = 1 << 20;

/// pg_dump can write all of these.
#[test]
#[rustfmt::skip]
fn memory_does_not_grow_with_what_is_in_the_dump() {
    let long = "x".repeat(48 * MIB);
    for (what, dump) in [
        ("a function", with_text(&format!("CREATE FUNCTION f() AS $_$ '{long}; $_$;\n"))),
        ("an INSERT", with_text(&format!("INSERT INTO t (a) VALUES ('{long}');"))),
        ("a row", with_rows("a", &format!("{long}\n"))),
        ("rows", with_rows("a", &"0123456789abcde\n".repeat(4 << 20))),
    ] {
        let output = limited(60_000_000, &dump);
        assert!(output.status.success(), "{what}: {}", output.said());
    }
}

#[test]
#[rustfmt::skip]
fn names_of_300_000_tables_and_20_000_roles_are_held() {
    let table = |n| format!("COPY {}.{} (a) FROM stdin;\n1\n\\.\n", name(n % 1000), name(n));
    let role = |n| format!("CREATE ROLE {0};\nCOMMENT ON ROLE {0} IS '{1:300}';\n", name(n), n);
    let granted = |n| format!("GRANT SELECT ON TABLE t TO {};\n", name(n));
    let tables = lines(290_000, table);
    for dump in [
        with_text(&lines(300_000, table)),
        with_cluster_text(&lines(20_000, role)),
        // All that is held: names of tables, and roles; statements of a cluster, and many short ones.
        with_text(&format!("{tables}{}", lines(220_000, granted))),
        with_cluster_text(&format!("{}\n\\connect d\n\n--\n-- PostgreSQL database dump\n--\n\n{tables}--\n\
            -- PostgreSQL database dump complete\n--\n\n", "GRANT a TO b;\n".repeat(200_000))),
    ] {
        assert_eq!(limited(200_000_000, &dump).succeeds(), "");
    }
}

/// Kilobytes of a packed file can be all this.
#[test]
#[rustfmt::skip]
fn more_than_fits_is_refused() {
    let names = "names of tables take more than 96 MiB, the most that is held";
    let much = "names and statements of roles take more than 48 MiB, the most that is held";
    let long = "a statement of more than 1 MiB, the most that is read of one of its kind";
    let odd = "a comment or command as pg_dump writes none";
    let most = "a".repeat(MIB - 100);
    let commas = ",".repeat(2 * MIB);
    for (dump, fault) in [
        (with_text(&lines(100, |n| format!("COPY t.\"{most}{n}\" (a) FROM stdin;\n\\.\n"))), names),
        (with_text(&lines(1_000_000, |n| format!("INSERT INTO t{n} VALUES (1);\n"))), names),
        (with_text(&lines(100, |n| format!("GRANT ALL ON t TO \"{most}{n}\";\n"))), much),
        (with_text(&lines(2_000_000, |n| format!("GRANT a TO r{n};\n"))), much),
        (with_cluster_text(&lines(2_000_000, |n| format!("GRANTED BY r{n};\n"))), much),
        (with_cluster_text(&";\n".repeat(3_000_000)), much),
        (with_text(&format!("SET x = {commas};")), long),
        (with_text(&format!("COPY {} FROM stdin;\n\\.", "a.".repeat(MIB))), long),
        (with_cluster_text(&format!("ALTER ROLE x {commas};")), long),
        (with_text(&format!("-- {commas}")), odd),
    ] {
        let said = limited(200_000_000, &dump).fails(1);
        assert!(said.ends_with(&format!(": {fault}\n")), "{fault}: {said}");
        assert!(said.len() < 1100, "{} bytes", said.len());
    }
}

/// Rust would end the process by SIGABRT, and not say whose.
#[test]
fn memorys_end_is_said() {
    let roles = lines(500_000, |n| format!("GRANT a TO r{n};\n"));
    let said = limited(60_000_000, &with_text(&roles)).fails(1);
    assert_eq!(said, "cback-pgdump: out of memory\n");
}

/// psql loses what follows it in a line, and says nothing.
#[test]
#[rustfmt::skip]
fn a_nul_byte_anywhere_is_refused() {
    let (data, much) = ("in the data of public.t", "x".repeat(MIB));
    for (dump, place) in [
        (with_rows("a", "1\n2\n\0\n"), format!("line 8, {data}")),
        (with_rows("a", &format!("{much}\n\0\n")), format!("line 7, {data}")),
        (with_text("SELECT '\n\0';"), "line 6".to_owned()),
        (with_text("-- \0"), "line 5".to_owned()),
    ] {
        let fault = "there is a NUL byte, which no text of PostgreSQL holds";
        assert_eq!(refused(&dump).to_string(), format!("{place}: {fault}"));
    }
}

/// Another process may have made the pipe non-blocking; gzip copes as well.
#[test]
fn a_non_blocking_input_is_waited_for() {
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("a pipe");
    let mut command = Command::new(PROGRAM);
    command.arg("--check").stdin(Stdio::from(reader));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("it starts");
    drop(command);
    let dump = with_rows("a", "1\n");
    // It is still starting: what is not there yet is waited for.
    File::from(writer).write_all(&dump).expect("room");
    let output = child.wait_with_output().expect("ours");
    assert_eq!(output.succeeds(), "");
    assert_eq!(output.printed(), crate::report(&dump));
}

#[test]
fn a_fault_in_a_long_line_is_said_in_a_short_one() {
    let name = "é\u{1b}".repeat(10_000);
    let name = format!("-- Name: {name}; Type: TABLE;\nSELECT\n");
    let said = checked(&with_text(&name), &[]).fails(1);
    let is_cut = said.contains("é ..., in the statement of line 6: ") && said.len() < 400;
    assert!(is_cut && !said.contains('\u{1b}'), "{said}");
}
