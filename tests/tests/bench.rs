//! `scripts/bench` measures everything that its page tells, believes no output unread and leaves nothing.
//! No time is asserted: the inputs are a thousandth of the usual.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Finished, Process, Run, end_of, script, shim, tool, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A table a line: its heading, and ways that are there wherever `scripts/prerequisites test` has been.
const TABLES: &str = r"
### Backup none; **`cback-postgresql`**; `pg_dump`
### Backup gzip; **`cback-postgresql`**; `pg_dump \| pigz`
### Backup bzip2; `cback3, its own module`; `pg_dump \| lbzip2 -9`
### Whole; **`cback-postgresql`**; `cback-postgresql, separate=Y`; `pg_dumpall \| gzip`
### Pack gzip; **`cback-compress -p2`**; `gzip -9`
### Levels; `gzip -1`; `cback-compress -p2 -9`
### Pack bzip2; **`cback-compress -p2 -m bzip2`**; `lbzip2 -n2 -9`
### Unpack gzip; **`cback-compress -d -p2`**; `gzip -d`; `pigz -d -p2`
### Unpack bzip2; **`cback-compress -d -p2`**; `pbzip2 -d -c -p2`
### Prove none; **`cback-pgverify`**; `cback-pgdump --check`
### Prove gzip; **`cback-pgverify`**; `gzip -t`
### Prove bzip2; **`cback-pgverify`**; `lbzip2 -t -n2`
### Restore; **`cback-pgrestore`**; `createdb, gzip -d, psql`
### Stage; `pg_dump`; **`cback-pgdump`**
### Threads; `cback-compress -p8 -m bzip2`
";

#[test]
fn a_tiny_run_prints_every_table_and_draws_the_chart() {
    let top = TempDir::new().unwrap();
    let output = bench(&top).run();
    let (said, page) = (output.succeeds(), output.printed());
    let title = "# Benchmarks of another run than the usual, inputs ['documents'], size 0.3, small 2, rounds 1\n";
    assert!(page.starts_with(title), "{page}");
    for table in TABLES.trim().lines() {
        let mut ways = table.split("; ");
        let heading = ways.next().unwrap();
        let rows = rows(&page, heading);
        let is_there = |way: &str| rows.iter().any(|row| row[0].starts_with(way));
        let is_full = rows.iter().flatten().all(|cell| !cell.is_empty());
        assert!(is_full && ways.all(is_there), "{heading}: {rows:?}");
    }
    for goal in rows(&page, "## Goals") {
        let limit: f64 = goal[1].parse().unwrap();
        for cell in goal[2..].iter().filter(|cell| !cell.is_empty()) {
            let measured: f64 = cell.trim_matches('*').parse().unwrap();
            let is_too_close_to_tell = (measured - limit).abs() < 0.01; // two digits are shown
            assert!(
                cell.starts_with('*') == (measured > limit) || is_too_close_to_tell,
                "{goal:?}"
            );
        }
    }
    let drawing = fs::read_to_string(top.path().join("chart.svg")).unwrap();
    assert!(drawing.contains("cback3, its own module") && drawing.ends_with("</svg>\n"));
    assert!(!Path::new(working_directory(&said)).exists());
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
        let mut bench = bench(&top);
        let program = top.path().join(name);
        fs::remove_file(&program).unwrap();
        shim(
            &program,
            &body.replace("REAL", &tool(name).display().to_string()),
        );
        let output = bench.run();
        let said = output.fails(1);
        assert!(said.ends_with(&format!("bench: {fault}\n")), "{said}");
        assert!(output.stdout.is_empty() && !Path::new(working_directory(&said)).exists());
    }
}

/// Stopped while a program runs that would never end: `tail`, called by the name of a file of its own.
#[test]
fn nothing_is_left_when_it_is_stopped() {
    let top = TempDir::new().unwrap();
    let mut bench = bench(&top);
    let [program, mark] = ["cback-compress", "mark"].map(|name| top.path().join(name));
    fs::remove_file(&program).unwrap();
    shim(
        &program,
        &format!("touch {0}; exec tail -f {0}", mark.display()),
    );
    let mut bench = bench.stderr(Stdio::piped()).spawn().unwrap();
    let runs = || !Process::with_argument(&mark).is_empty();
    wait_for("it measures", Duration::from_secs(300), runs);
    kill_process(Pid::from_child(&bench), Signal::TERM).unwrap();
    assert_eq!(end_of(&mut bench).code(), Some(143));
    let said = std::io::read_to_string(bench.stderr.take().unwrap()).unwrap();
    assert!(!Path::new(working_directory(&said)).exists());
    wait_for("its processes are gone", Duration::from_secs(300), || {
        !runs()
    });
}

/// A tiny run with programs that are links in a directory.
fn bench(top: &TempDir) -> Command {
    for name in ["cback-pgconf", "cback-pgdump", "cback-compress"] {
        symlink(tool(name), top.path().join(name)).unwrap();
    }
    let mut bench = Command::new(script("bench"));
    bench
        .args("--inputs documents --size 0.3 --small 2 --rounds 1 --tools".split(' '))
        .arg(top.path());
    bench.arg("--chart").arg(top.path().join("chart.svg"));
    bench
}

/// From `bench: working in DIRECTORY`.
fn working_directory(said: &str) -> &str {
    let (_, rest) = said.split_once("bench: working in ").unwrap();
    rest.lines().next().unwrap()
}

/// The cells of the first table after `heading`, without its head.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, after) = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("no {heading}: {page}"));
    let table = after.lines().skip_while(|line| !line.starts_with('|'));
    let table = table.take_while(|line| line.starts_with('|')).skip(2);
    table
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}
