//! `scripts/bench` measures everything it says, believes no output unread and leaves nothing.
//! No time is asserted: the inputs are a thousandth of the usual.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{script, tool, wait_for};
use quick_xml::events::Event;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const TOOLS: [&str; 3] = ["cback-pgconf", "cback-pgdump", "cback-compress"];

#[test]
fn a_tiny_run_prints_every_table_and_draws_the_chart() {
    let top = TempDir::new().unwrap();
    let chart = top.path().join("chart.svg");
    let output = bench(&tools(&top))
        .arg("--chart")
        .arg(&chart)
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

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
    let latency = fs::OpenOptions::new()
        .write(true)
        .open("/dev/cpu_dma_latency");
    latency.is_ok()
}

/// A stream that is valid, but of other bytes, must not count.
#[test]
fn a_compressor_that_loses_data_has_no_figures() {
    let top = TempDir::new().unwrap();
    let tools = tools(&top);
    shim(&tools, "cback-compress", "head -c 1000 | REAL \"$@\"");
    let output = bench(&tools).output().unwrap();
    fails(&output, "bench: cback-compress: does not unpack to 1 KiB\n");
}

#[test]
fn a_dump_that_loses_a_line_has_no_figures() {
    let top = TempDir::new().unwrap();
    let tools = tools(&top);
    shim(&tools, "cback-pgdump", "REAL \"$@\" | sed 40d");
    let output = bench(&tools).output().unwrap();
    fails(
        &output,
        "bench: cback-pgdump text: not what pg_dump writes\n",
    );
}

/// The stages are sound alone here; only the backup as a whole is not.
#[test]
fn a_backup_that_loses_a_line_has_no_figures() {
    let top = TempDir::new().unwrap();
    let tools = tools(&top);
    let lossy = "case \"$*\" in *--seal*) sed 40d ;; *) cat ;; esac | REAL \"$@\"";
    shim(&tools, "cback-compress", lossy);
    let output = bench(&tools).output().unwrap();
    fails(
        &output,
        "bench: cback-postgresql, none: not what pg_dump writes\n",
    );
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
    assert!(!processes_of(&directory).is_empty());
    kill_process(Pid::from_child(&bench), Signal::TERM).unwrap();
    assert_eq!(bench.wait().unwrap().code(), Some(143));
    assert!(!directory.exists());
    wait_for("its processes are gone", Duration::from_secs(10), || {
        processes_of(&directory).is_empty()
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

/// Puts an sh script in place of the program `name`, which is REAL in it.
fn shim(tools: &Path, name: &str, body: &str) {
    let path = tools.join(name);
    fs::remove_file(&path).unwrap();
    let body = body.replace("REAL", &tool(name).display().to_string());
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
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

#[track_caller]
fn fails(output: &Output, message: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.ends_with(message), "{said}");
    assert!(output.stdout.is_empty());
    assert!(!working_directory(&said).exists());
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

/// The command lines that name `directory`.
fn processes_of(directory: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
    lines
        .filter(|line| line.contains(&*directory.to_string_lossy()))
        .collect()
}
