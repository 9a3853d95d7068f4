//! What several of these tests need.
#![allow(dead_code)] // each of them something else

use cback_tests::{Server, tool, wait_for};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

/// Long enough for a busy machine; nothing that works gets near it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// One server for all tests of a file.
pub(crate) static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// `cback-pgdump`, against [`SERVER`].
pub(crate) fn cback_pgdump() -> Command {
    SERVER.command(tool("cback-pgdump"))
}

/// `cback-pgdump DATABASE` with a shell script in pg_dump's and pg_dumpall's place.
pub(crate) fn with_shim(script: &str) -> Command {
    let shim = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shim");
    let mut command = cback_pgdump();
    command
        .args(["--pg-dump", shim, "--pg-dumpall", shim])
        .env("SHIM", script);
    command
}

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// Fails, with what it said, unless it succeeded in silence.
#[track_caller]
pub(crate) fn dumped(command: &mut Command) -> String {
    let output = run(command);
    assert_eq!(stderr(&output), "");
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

/// What it said.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A dump without the key that pg_dump makes up for each.
pub(crate) fn without_keys(dump: &str) -> String {
    let is_key = |line: &str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    dump.split_inclusive('\n')
        .filter(|line| !is_key(line))
        .collect()
}

/// Creates `database` with a table `t` of that many rows of about a kilobyte.
#[track_caller]
pub(crate) fn create_table(database: &str, rows: u32) {
    SERVER.create_database(database);
    let numbers = format!("generate_series(1, {rows}) n");
    SERVER.sql(
        database,
        &format!("CREATE TABLE t AS SELECT n, repeat('x', 1000) FROM {numbers}"),
    );
}

/// The number of PostgreSQL's sessions that fulfil an SQL condition.
pub(crate) fn sessions(condition: &str) -> u32 {
    let query = format!("SELECT count(*) FROM pg_stat_activity WHERE {condition}");
    SERVER
        .sql("postgres", &query)
        .trim()
        .parse()
        .expect("a number")
}

/// A session that keeps everybody from reading the table `t`, until this is dropped.
pub(crate) struct Lock(Child);

impl Lock {
    /// Returns when the lock is held.
    pub(crate) fn on(database: &str) -> Self {
        let mut psql = SERVER.command(SERVER.bin().join("psql"));
        psql.args(["-XAtq", "-f", "-"]).env("PGDATABASE", database);
        let mut psql = psql
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql");
        let sql = "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE;\n\\echo locked\n";
        psql.stdin
            .as_mut()
            .expect("a pipe")
            .write_all(sql.as_bytes())
            .expect("psql listens");
        let mut said = String::new();
        BufReader::new(psql.stdout.as_mut().expect("a pipe"))
            .read_line(&mut said)
            .expect("text");
        assert_eq!(said, "locked\n");
        Self(psql)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until pg_dump waits for the lock on `database`.
pub(crate) fn wait_until_locked_out(database: &str) {
    let waiting = format!("datname = '{database}' AND wait_event_type = 'Lock'");
    wait_for("pg_dump waits for the lock", DEADLINE, || {
        sessions(&waiting) > 0
    });
}

/// Waits for its end.
#[track_caller]
pub(crate) fn ended(child: &mut Child) -> ExitStatus {
    wait_for("the end of cback-pgdump", DEADLINE, || {
        child.try_wait().expect("a child of ours").is_some()
    });
    child.wait().expect("a child of ours")
}

/// The arguments of all processes, each process's joined by blanks, where `wanted` holds for its
/// environment.
pub(crate) fn processes(wanted: impl Fn(&[u8]) -> bool) -> Vec<String> {
    let processes = fs::read_dir("/proc")
        .expect("/proc")
        .flatten()
        .map(|entry| entry.path());
    let marked = processes.filter(|process| {
        fs::read(process.join("environ")).is_ok_and(|environment| wanted(&environment))
    });
    let arguments = marked.filter_map(|process| fs::read(process.join("cmdline")).ok());
    arguments
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .collect()
}
