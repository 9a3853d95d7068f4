//! `scripts/bench` measures everything it says, believes no output unread and leaves nothing.
//! No time is asserted: the inputs are a thousandth of the usual.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Finished, Process, Run, end_of, script, shim, skip, tool, wait_for};
use quick_xml::events::Event;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A table a line: words of its heading, and ways that are there wherever `scripts/prerequisites test`
/// has been.
const TABLES: &str = r"
backups: none; **`cback-postgresql`**; `pg_dump`
backups: gzip; **`cback-postgresql`**; `pg_dump \| pigz`
backups: bzip2; `cback3, its own module`; `pg_dump \| lbzip2 -9`
databases: gzip; **`cback-postgresql`**; `cback-postgresql -j1`
databases: none; `cback3, its own module`; `pg_dump`
Packing: gzip; **`cback-compress -p2`**; `gzip -9`; `Cedar's loop, gzip`
Each level; 1; 9
Packing: bzip2; **`cback-compress -p2 -m bzip2`**; `lbzip2 -n2 -9`
Unpacking: gzip; **`cback-compress -d -p2`**; `gzip -d`; `pigz -d -p2`
Unpacking: bzip2; **`cback-compress -d -p2`**; `pbzip2 -d -c -p2`
Proving: plain; **`cback-pgverify`**; `cback-pgdump --check`
Proving: gzip; **`cback-pgverify`**; `gzip -t`
Proving: bzip2; **`cback-pgverify`**; `lbzip2 -t -n2`
## Restoring; **`cback-pgverify --restore`**; `createdb, gzip -d, psql`
## Starting; `gzip`; `cback-pgdump`, the three databases
## Threads and sizes; `cback-compress -p8 -m bzip2`
Beginnings of the text
## Where others; pack bzip2: `bzip2 -9`
";

/// While others keep a core busy: that must be noticed, and said.
#[test]
fn a_tiny_run_prints_every_table_and_draws_the_chart() {
    let top = TempDir::new().unwrap();
    let chart = top.path().join("chart.svg");
    let mut bench = bench(&tools(&top));
    bench.args(["--patience", "1", "--chart"]).arg(&chart);
    let output = disturbed(&mut bench);
    let (said, page) = (output.succeeds(), output.printed());
    for table in TABLES.trim().lines() {
        let mut ways = table.split("; ");
        let heading = ways.next().unwrap();
        let rows = rows(&page, heading);
        for way in ways {
            let named = rows.iter().filter(|row| row[0] == way);
            assert_eq!(named.count(), 1, "{way} in {heading}: {page}");
        }
        let mut cells = rows.iter().flatten();
        assert!(cells.all(|cell| !cell.is_empty()), "{heading}: {rows:?}");
        assert!(!rows.is_empty(), "{heading}: {page}");
    }
    check_goals(&rows(&page, "## Goals"));
    let (before, _) = page.split_once(" runs were repeated").unwrap();
    assert!(!before.ends_with(" 0"), "{page}");
    let packing = rows(&page, "Packing: gzip");
    let slowest = packing.last().unwrap();
    let is_marked = slowest[0].contains("Cedar's") && slowest[1].ends_with('†');
    assert!(is_marked, "{page}");
    let drawing = text_of(&chart);
    for name in ["cback3, its own module", "lbzip2 -d", "Backups lost"] {
        assert!(drawing.contains(name), "{name} is not in the chart");
    }
    assert!(!working_directory(&said).exists());
}

/// Runs a command while a core has something else to do, which ends with this process at the latest.
fn disturbed(command: &mut Command) -> Output {
    let spin = ["-n19", "sh", "-c", "while kill -0 $PPID; do :; done"];
    let mut other = Command::new("nice").args(spin).spawn().unwrap();
    let output = command.run();
    other.kill().unwrap();
    end_of(&mut other);
    output
}

/// Verdicts agree with the figures, and only what may be missing on this machine is not measured.
fn check_goals(goals: &[Vec<&str>]) {
    assert_eq!(goals.len(), 28, "{goals:?}");
    let mut missing = vec!["crabz", "bgzip", "igzip"];
    if !may_keep_awake() {
        missing.push("awake");
    }
    for goal in goals {
        let may_be_missing = missing.iter().any(|peer| goal[0].contains(peer));
        if goal[3] == "not measured" {
            assert!(may_be_missing && goal[2].is_empty(), "{goal:?}");
            continue;
        }
        let [limit, measured] = [1, 2].map(|cell| goal[cell].parse::<f64>().unwrap());
        let is_met = measured <= limit;
        let verdict = if is_met { "met" } else { "**not met**" };
        let is_too_close_to_tell = (measured - limit).abs() < 0.001; // three digits are shown
        assert!(goal[3] == verdict || is_too_close_to_tell, "{goal:?}");
    }
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
fn fails_with(name: &str, body: &str, fault: &str) -> String {
    let top = TempDir::new().unwrap();
    let tools = tools(&top);
    fs::remove_file(tools.join(name)).unwrap();
    let body = body.replace("REAL", &tool(name).display().to_string());
    shim(&tools.join(name), &body);
    let output = bench(&tools).run();
    let said = output.fails(1);
    assert!(said.ends_with(&format!("bench: {fault}\n")), "{said}");
    assert!(output.stdout.is_empty());
    assert!(!working_directory(&said).exists());
    said
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

/// Loses a line of a backup, but is the child of the script that it has to be.
const LOSSY_WITH_SEAL: &str = "case \"$*\" in *--seal*)
    pipe=$(mktemp -u); mkfifo $pipe; exec 3<&0; sed 40d <&3 >$pipe & exec REAL \"$@\" <$pipe ;;
esac";

/// The stages are sound alone here; only the backup as a whole is not.
#[test]
fn a_backup_that_loses_a_line_has_no_figures() {
    let lossy = format!("{LOSSY_WITH_SEAL}\nexec REAL \"$@\"");
    let fault = "cback-postgresql, none: not what pg_dump writes";
    fails_with("cback-compress", &lossy, fault);
}

#[test]
fn a_checker_that_passes_half_a_dump_has_no_figures() {
    let blind = "case \"$*\" in --check) cat >/dev/null ;; *) exec REAL \"$@\" ;; esac";
    let fault = "cback-pgdump --check: says that half a file is whole";
    fails_with("cback-pgdump", blind, fault);
}

#[test]
fn an_unpacker_that_loses_a_line_has_no_figures() {
    let lossy = "case \"$*\" in -d*) REAL \"$@\" | sed 40d ;; *) exec REAL \"$@\" ;; esac";
    let fault = "cback-compress -d -p1: does not unpack text.gz";
    fails_with("cback-compress", lossy, fault);
}

/// An older cback-compress, which also loses a line, so that the run need not last.
#[test]
fn a_contest_is_left_out_if_what_is_installed_lacks_the_option() {
    let old = format!(
        "case \"$*\" in --help) echo '  -p, --threads'; echo '  -m, --mode'; exit ;; esac
        {LOSSY_WITH_SEAL}\nexec REAL \"$@\""
    );
    let fault = "cback-postgresql, none: not what pg_dump writes";
    let said = fails_with("cback-compress", &old, fault);
    for option in ["-d", "-t"] {
        let reason = format!("{option} -p2: the installed cback-compress has no {option}\n");
        let line = format!("bench: left out: cback-compress {reason}");
        assert!(said.contains(&line), "{said}");
    }
}

#[test]
fn nothing_is_left_when_it_is_stopped() {
    let top = TempDir::new().unwrap();
    let mut bench = bench(&tools(&top));
    bench.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut bench = bench.spawn().unwrap();
    let lines = BufReader::new(bench.stderr.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let directory = working_directory(&lines.by_ref().find(|line| line.contains(" in ")).unwrap());
    lines.find(|line| line.contains(" times ")).unwrap(); // it measures
    assert!(!Process::with_argument(&directory).is_empty());
    kill_process(Pid::from_child(&bench), Signal::TERM).unwrap();
    assert_eq!(end_of(&mut bench).code(), Some(143));
    assert!(!directory.exists());
    wait_for("its processes are gone", Duration::from_secs(10), || {
        Process::with_argument(&directory).is_empty()
    });
}

/// A directory with the programs, for putting something else in place of one.
fn tools(top: &TempDir) -> PathBuf {
    let directory = top.path().join("tools");
    fs::create_dir(&directory).unwrap();
    for name in ["cback-pgconf", "cback-pgdump", "cback-compress"] {
        symlink(tool(name), directory.join(name)).unwrap();
    }
    directory
}

fn bench(tools: &Path) -> Command {
    let mut bench = Command::new(script("bench"));
    let chart = tools.join("chart.svg");
    let tiny = "--size 0.3 --small 2 --rounds 1 --patience 0";
    bench.args(tiny.split(' ')).arg("--tools").arg(tools);
    bench.arg("--chart").arg(chart);
    bench
}

/// From `bench: working in DIRECTORY`.
fn working_directory(said: &str) -> PathBuf {
    let (_, rest) = said.split_once("bench: working in ").unwrap();
    rest.lines().next().unwrap().into()
}

/// The cells of the first table after `heading`, without its head.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let parts = page.split_once(heading);
    let (_, after) = parts.unwrap_or_else(|| panic!("no {heading}: {page}"));
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
