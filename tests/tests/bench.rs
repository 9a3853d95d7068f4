//! `scripts/bench` measures everything that its page shows, believes no output unread and leaves nothing.
//! No time is asserted: the inputs are a thousandth of the usual.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Finished, Run, script, shim, tool, workspace};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const TABLES: &str = "Backup none,Backup gzip,Backup bzip2,Whole,Pack gzip,Pack bzip2,Levels,\
    Unpack gzip,Unpack bzip2,Prove none,Prove gzip,Prove bzip2,Restore,Stage none";

#[test]
fn a_tiny_run_fills_in_every_table_and_draws_the_chart() {
    let top = TempDir::new().unwrap();
    run(&top).succeeds();
    let read = |name: &str| fs::read_to_string(top.path().join(name)).unwrap();
    let [page, drawing] = ["bench.md", "bench.svg"].map(read);
    assert!(page.contains("- 1 rounds; documents json pgbench keys hex of about 0.1 MB each, 2 s"));
    for table in TABLES.split(',') {
        let rows = rows(&page, &format!("### {table}\n"));
        let is_full = rows.iter().flatten().all(|cell| !cell.is_empty());
        assert!(rows.len() > 1 && is_full, "{table}: {rows:?}");
    }
    for goal in rows(&page, "## Goals") {
        let limit: f64 = goal[1].parse().unwrap();
        let reached: Vec<_> = goal[2..].iter().filter(|cell| !cell.is_empty()).collect();
        assert!(!reached.is_empty(), "{goal:?}");
        for cell in reached {
            let measured: f64 = cell.trim_matches('*').parse().unwrap();
            let is_missed = measured > limit || (cell.starts_with('*') && measured >= limit); // rounded
            assert_eq!(cell.starts_with('*'), is_missed, "{goal:?}");
        }
    }
    assert!(page.contains("`crabz -Q -p2 -l6`"), "one that is missing");
    assert!(drawing.contains("cback3, its own module") && drawing.ends_with("</svg>\n"));
}

/// A program, an sh script in its place that calls the program REAL, and the fault that must end the run:
/// a line less, and a checker that is blind. The third is sound in each stage alone: it
/// loses a line of what is sealed, but is the child of the script that it has to be.
#[rustfmt::skip]
const FAULTS: [[&str; 3]; 3] = [
    ["cback-compress", "case \"$*\" in -d*) REAL \"$@\" | sed 40d ;; *) exec REAL \"$@\" ;; esac",
     "cback-compress -d -p2: does not unpack documents.sql.gz"],
    ["cback-pgdump", "case \"$*\" in --check) cat >/dev/null ;; *) exec REAL \"$@\" ;; esac",
     "cback-pgdump --check: says that half a file is whole"],
    ["cback-compress", "case \"$*\" in *--seal*)
        pipe=$(mktemp -u); mkfifo $pipe; exec 3<&0; sed 40d <&3 >$pipe & exec REAL \"$@\" <$pipe ;;
     esac; exec REAL \"$@\"", "cback-postgresql, none: not what pg_dump writes"],
];

#[test]
fn a_program_that_is_wrong_has_no_figures() {
    for [name, body, fault] in FAULTS {
        let top = TempDir::new().unwrap();
        let real = tool(name).display().to_string();
        shim(&top.path().join(name), &body.replace("REAL", &real));
        let said = run(&top).fails(1);
        assert!(said.ends_with(&format!("bench: {fault}\n")), "{said}");
        assert!(!top.path().join("bench.svg").exists());
    }
}

/// A tiny run with programs that are links in a directory, where those of a test's own are not, and which has the page.
fn run(top: &TempDir) -> Output {
    let top = top.path();
    fs::copy(workspace().join("docs/bench.md"), top.join("bench.md")).unwrap();
    for name in ["cback-pgconf", "cback-pgdump", "cback-compress"] {
        let _ = symlink(tool(name), top.join(name));
    }
    let mut bench = Command::new(script("bench"));
    bench.args("--size 0.1 --small 2 --rounds 1".split(' '));
    let output = bench.arg("--docs").arg(top).arg("--tools").arg(top).run();
    let said = output.said();
    let (_, rest) = said.split_once("bench: working in ").unwrap();
    let directory = Path::new(rest.lines().next().unwrap());
    assert!(!directory.exists(), "{said}");
    output
}

/// The cells of the first table after `heading`, without its head.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, after) = page.split_once(heading).expect(heading);
    let table = after.lines().skip_while(|line| !line.starts_with('|'));
    let table = table.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &'a str| line.trim_matches('|').split(" | ").map(str::trim).collect();
    table.map(cells).collect()
}
