//! `scripts/bench` measures everything it says, believes no output unread and leaves nothing.
//! No time is asserted: the inputs are a thousandth of the usual.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Finished, Process, script, shim, skip, tool, wait_for};
use quick_xml::events::Event;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const TOOLS: [&str; 3] = ["cback-pgconf", "cback-pgdump", "cback-compress"];

#[test]
fn a_tiny_run_prints_every_table_and_draws_the_chart() {
    let top = TempDir::new().unwrap();
    let chart = top.path().join("chart.svg");
    let mut bench = bench(&tools(&top));
    let output = bench.arg("--chart").arg(&chart).output().unwrap();
    let (said, page) = (output.succeeds(), output.printed());

    let goals = rows(&page, "## Goals");
    assert_eq!(goals.len(), 18, "{page}");
    for goal in goals {
        assert!(
            ["met", "**not met**", "not measured"].contains(&goal[3]),
            "{goal:?}"
        );
        assert_eq!(goal[3] == "not measured", goal[2].is_empty(), "{goal:?}");
    }
    let sections = [
        ("### none", 4),
        ("### gzip", 9),
        ("### bzip2", 6),
        ("Each level", 9),
        ("## The bzip2 format alone", 6),
        ("## Starting", if may_keep_awake() { 12 } else { 10 }),
        ("## Threads and sizes", 8),
        ("Beginnings of the text", 4),
    ];
    for (section, count) in sections {
        let rows = rows(&page, section);
        assert_eq!(rows.len(), count, "{section}: {page}");
        assert!(
            rows.iter().flatten().all(|cell| !cell.is_empty()),
            "{rows:?}"
        );
    }
    let drawing = text_of(&chart);
    for tool in [
        "gzip -9",
        "pigz -p2",
        "lbzip2 -n2 -9",
        "cback-compress -p2 -m bzip2",
    ] {
        assert!(drawing.contains(tool), "{tool} is not in the chart");
    }
    assert!(!working_directory(&said).exists());
}

fn may_keep_awake() -> bool {
    let latency = fs::File::options().write(true).open("/dev/cpu_dma_latency");
    if latency.is_err() {
        skip("nobody may keep the cores awake here: what is measured with that is not");
    }
    latency.is_ok()
}

/// Has `body`, an sh script, stand in for the program `name`, which is REAL in it.
#[track_caller]
fn fails_with(name: &str, body: &str, fault: &str) {
    let top = TempDir::new().unwrap();
    let tools = tools(&top);
    fs::remove_file(tools.join(name)).unwrap();
    let body = body.replace("REAL", &tool(name).display().to_string());
    shim(&tools.join(name), &body);
    let output = bench(&tools).output().unwrap();
    let said = output.fails(1);
    assert!(said.ends_with(&format!("bench: {fault}\n")), "{said}");
    assert!(output.stdout.is_empty());
    assert!(!working_directory(&said).exists());
}

/// A stream that is valid, but of other bytes, must not count.
#[test]
fn a_compressor_that_loses_data_has_no_figures() {
    let fault = "cback-compress: does not unpack to 1 KiB";
    fails_with("cback-compress", "head -c 1000 | REAL \"$@\"", fault);
}

#[test]
fn a_dump_that_loses_a_line_has_no_figures() {
    let fault = "cback-pgdump text: not what pg_dump writes";
    fails_with("cback-pgdump", "REAL \"$@\" | sed 40d", fault);
}

/// The stages are sound alone here; only the backup as a whole is not.
#[test]
fn a_backup_that_loses_a_line_has_no_figures() {
    let lossy = "case \"$*\" in *--seal*) sed 40d ;; *) cat ;; esac | REAL \"$@\"";
    let fault = "cback-postgresql, none: not what pg_dump writes";
    fails_with("cback-compress", lossy, fault);
}

#[test]
fn nothing_is_left_when_it_is_stopped() {
    let top = TempDir::new().unwrap();
    let mut bench = bench(&tools(&top));
    let mut bench = bench
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(bench.stderr.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let directory = working_directory(&lines.by_ref().find(|line| line.contains(" in ")).unwrap());
    lines.find(|line| line.contains(" times ")).unwrap(); // it measures
    assert!(!Process::with_argument(&directory).is_empty());
    kill_process(Pid::from_child(&bench), Signal::TERM).unwrap();
    assert_eq!(bench.wait().unwrap().code(), Some(143));
    assert!(!directory.exists());
    wait_for("its processes are gone", Duration::from_secs(10), || {
        Process::with_argument(&directory).is_empty()
    });
}

/// A directory with the programs, for putting something else in place of one.
fn tools(top: &TempDir) -> PathBuf {
    let directory = top.path().join("tools");
    fs::create_dir(&directory).unwrap();
    for name in TOOLS {
        symlink(tool(name), directory.join(name)).unwrap();
    }
    directory
}

fn bench(tools: &Path) -> Command {
    let mut bench = Command::new(script("bench"));
    let chart = tools.join("chart.svg");
    bench
        .args(["--size", "0.3", "--rounds", "1", "--tools"])
        .arg(tools);
    bench.arg("--chart").arg(chart);
    bench
}

/// From `bench: working in DIRECTORY`.
fn working_directory(said: &str) -> PathBuf {
    let start = "bench: working in ";
    said.lines()
        .find_map(|line| line.strip_prefix(start))
        .unwrap()
        .into()
}

/// The cells of the first table after `heading`, without its head.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, after) = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("no {heading}: {page}"));
    let table = after.lines().skip_while(|line| !line.starts_with('|'));
    let table = table.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &'a str| line.trim_matches('|').split(" | ").map(str::trim).collect();
    table.map(cells).collect()
}

/// The words in a drawing, which must be well-formed XML.
fn text_of(drawing: &Path) -> String {
    let xml = fs::read_to_string(drawing).unwrap();
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut words = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Text(text) => words.push_str(&text),
            Event::Eof => return words,
            _ => (),
        }
    }
}
