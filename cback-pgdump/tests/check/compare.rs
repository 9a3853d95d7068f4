//! `--expect`: whether a restored database is the one that was backed up.

use crate::plan::Plan;
use crate::{PROGRAM, TIMEOUT, with_cluster_text, with_rows, with_text};
use cback_tests::{Finished, run_with_input, wrapped};
use std::io::Write;
use std::process::Command;
use tempfile::NamedTempFile;

/// The verdict of `--check --expect` on `new`, planned by `old`: the same, or other.
#[track_caller]
fn compared(old: &[u8], new: &[u8]) -> Result<String, String> {
    let plan = Plan::of(old, None, &[]);
    plan.output.succeeds();
    compared_with(&plan, new)
}

#[track_caller]
pub(crate) fn compared_with(plan: &Plan, new: &[u8]) -> Result<String, String> {
    let mut command = Command::new(PROGRAM);
    command.args(["--check", "--expect"]).arg(plan.path(""));
    let output = run_with_input(&mut wrapped(TIMEOUT, &command), new);
    if output.status.success() {
        assert_eq!(output.said(), "");
        return Ok(output.printed());
    }
    assert_eq!(output.printed(), "");
    Err(output.fails(1))
}

/// The verdict on dumps that tell no version.
const SAME_ROWS: &str = "the same rows (definitions not compared: no version is told)\n";

/// Tables by name, and the rows of each.
fn tables(tables: &[(&str, &str)]) -> Vec<u8> {
    let copy = |(name, rows): &(&str, &str)| format!("COPY {name} (a) FROM stdin;\n{rows}\\.\n");
    with_text(&tables.iter().map(copy).collect::<String>())
}

#[test]
fn what_differs_is_told_and_the_rest_counted() {
    let old = [("a", "1\n"), ("b", "1\n2\n"), ("d", "x\n")];
    let new = [("a", "2\n"), ("b", "1\n"), ("c", "1\n2\n3\n")];
    let (a, b) = (
        "a has other data when restored",
        "b has 2 rows in the backup, restored 1",
    );
    let c = "c was not in the backup, and has 3 rows now";
    let d = "d has 1 rows in the backup, restored it is missing";
    for (count, told) in [
        (1, a.to_owned()),
        (2, format!("{a}; {b}")),
        (3, format!("{a}; {b}; {c}; and 1 more")),
    ] {
        let old = if count < 3 { &old[..count] } else { &old[..] };
        assert_eq!(
            compared(&tables(old), &tables(&new[..count])),
            Err(format!("cback-pgdump: {told}\n"))
        );
    }
    let missing = compared(&tables(&old[2..]), &tables(&[]));
    assert_eq!(missing, Err(format!("cback-pgdump: {d}\n")));
    let long = "\"é\x1b".to_owned() + &"n".repeat(5000) + "\"";
    let said = compared(&tables(&[]), &tables(&[(&long, "1\n")])).expect_err("another");
    assert!(said.len() < 400 && !said.contains('\x1b'), "{said}");
}

/// The words of a cluster's own part differ from version to version, their number does not.
#[test]
fn roles_of_another_version_are_only_counted() {
    let of = |major: &str, roles: &str, row: &str| {
        with_cluster_text(&format!(
            "{roles}\n\\connect d\n\n--\n-- PostgreSQL database dump\n--\n\n\
             -- Dumped by pg_dump version {major}.1\n\nCOPY t (a) FROM stdin;\n{row}\n\\.\n\n--\n\
             -- PostgreSQL database dump complete\n--\n"
        ))
    };
    let old = of("15", "CREATE ROLE a;", "1");
    let error = |what: &str| Err(format!("cback-pgdump: {what}\n"));
    assert_eq!(
        compared(&old, &of("16", "CREATE ROLE a WITH LOGIN;", "1")),
        Ok(SAME_ROWS.to_owned())
    );
    let other = "roles has other data when restored";
    assert_eq!(
        compared(&old, &of("15", "CREATE ROLE a WITH LOGIN;", "1")),
        error(other)
    );
    let more = "roles has 1 rows in the backup, restored 2";
    assert_eq!(
        compared(&old, &of("16", "CREATE ROLE a;\nCREATE ROLE b;", "1")),
        error(more)
    );
    let data = "d.t has other data when restored";
    assert_eq!(
        compared(&old, &of("16", "CREATE ROLE a;", "2")),
        error(data)
    );
}

/// Everything of a server whose initdb's role is called `app`, as docker's `POSTGRES_USER` has it, restored into one whose own
/// is called `postgres`.
#[test]
fn the_own_superuser_of_the_server_is_no_difference() {
    let of = |roles: &str, grantor: &str| {
        let all = "SUPERUSER INHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS";
        let created = roles.split(' ');
        let created = created.map(|it| {
            format!("CREATE ROLE {it};\nALTER ROLE {it} WITH {all} PASSWORD 'of {it}';\n")
        });
        with_cluster_text(&format!(
            "{}CREATE ROLE a;\nGRANT a TO app GRANTED BY {grantor};\n\\connect d\n\n--\n-- PostgreSQL database dump\n\
             --\n\n-- Dumped from database version 16.1\n-- Dumped by pg_dump version 16.1\n\n--\n\
             -- PostgreSQL database dump complete\n--\n",
            created.collect::<String>()
        ))
    };
    let mut own = NamedTempFile::new().unwrap();
    own.write_all(b"postgres\0other\0").unwrap();
    let own = ["--existing-roles", own.path().to_str().unwrap()];
    let plan = Plan::of(&of("app", "app"), None, &own);
    plan.output.succeeds();
    let same = compared_with(&plan, &of("app postgres", "postgres"));
    assert_eq!(same, Ok("the same rows and definitions\n".to_owned()));
    let other = compared_with(&plan, &of("app other", "other")).unwrap_err();
    assert!(other.contains("role other is there only"), "{other}");
}

/// Only lines with the same key can be compared: a random one tells nothing of this.
#[test]
fn no_plan_is_a_failure() {
    let mut command = Command::new(PROGRAM);
    command.args(["--check", "--expect", "/nowhere"]);
    let said = run_with_input(&mut wrapped(TIMEOUT, &command), &with_rows("a", "")).fails(1);
    assert_eq!(
        said,
        "cback-pgdump: /nowhere/lacking-roles: No such file or directory (os error 2)\n"
    );
}
