//! `cback-pgdump` while it makes a dump of a real PostgreSQL, and the function behind it.

mod dump;
mod errors;
mod globals;
mod interruption;
mod library;
mod list;
mod names;
mod omissions;
mod usage;
mod versions;

use cback_tests::{Finished, Server, installations, server, wait_for, wrapped};
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cback-pgdump");

/// Stands in for pg_dump and pg_dumpall: evaluates `$SHIM`, else its first argument.
const SHIM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shim");

const SEAL: &str = "a-word-for-this-dump";

/// Prints the least that passes for a whole dump of one database.
const WHOLE: &str = "printf '%s\n' -- '-- PostgreSQL database dump complete' -- ''";

/// Long enough for a busy machine; nothing that works gets near it.
const DEADLINE: Duration = Duration::from_secs(300);

/// Ends what takes too long with status 124.
const TIMEOUT: &[&str] = &["timeout", "--kill-after=10", "900"];

/// Contents that a role may not see: `reader` reads all data, `owner` what is its own.
const HIDDEN: &str = "
CREATE ROLE reader LOGIN PASSWORD 'x'; GRANT pg_read_all_data TO reader;
CREATE ROLE owner LOGIN PASSWORD 'x'; CREATE ROLE \"line
end\"; CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER s FOREIGN DATA WRAPPER fdw;
CREATE USER MAPPING FOR \"line
end\" SERVER s OPTIONS (user 'remote', password 'it''s secret; OPTIONS');";

const SUBSCRIPTION: &str = "CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere' PUBLICATION p
    WITH (connect = false)";

/// A server of each version, with [`HIDDEN`] in the database `m` and a subscription in `s`; only read.
static VERSIONS: LazyLock<Vec<Server>> = LazyLock::new(|| {
    let all = installations();
    let hint = "run scripts/prerequisites test";
    assert!(all.len() > 1, "only {all:?}: {hint}");
    let servers = all.iter().map(|installation| {
        let server = Server::start_from(installation);
        server.sql("postgres", "CREATE TABLE t AS SELECT 1 AS one");
        for (database, sql) in [("m", HIDDEN), ("s", SUBSCRIPTION)] {
            server.create_database(database);
            server.sql(database, sql);
        }
        server
    });
    servers.collect()
});

/// `cback-pgdump --seal SEAL ARGUMENTS`, against `server`.
fn pgdump(server: &Server, arguments: &[&str]) -> Command {
    let mut command = server.command(PROGRAM);
    command.args(["--seal", SEAL]).args(arguments);
    command
}

/// [`pgdump`] with an sh script in pg_dump's and pg_dumpall's place.
fn with_shim(script: &str, arguments: &[&str]) -> Command {
    let mut command = pgdump(server(), &["--pg-dump", SHIM, "--pg-dumpall", SHIM]);
    command.args(arguments).env("SHIM", script);
    command
}

/// sh, which runs `script` with `"$@"` standing for `command`.
fn by_script(script: &str, command: &Command) -> Command {
    wrapped(&["sh", "-c", script, "sh"], command)
}

/// Runs it to its end.
#[track_caller]
fn run(command: &Command) -> Output {
    wrapped(TIMEOUT, command).output().expect("it starts")
}

/// The dump without the seal of `command`, which has to succeed in silence.
#[track_caller]
fn dumped(command: &Command) -> Vec<u8> {
    let mut dump = written(command);
    assert!(dump.ends_with(SEAL.as_bytes()), "no seal: {command:?}");
    dump.truncate(dump.len() - SEAL.len());
    dump
}

/// The output of a program that has to succeed in silence.
#[track_caller]
fn written(command: &Command) -> Vec<u8> {
    let output = run(command);
    let said = output.said();
    let succeeded = output.status.success() && said.is_empty();
    assert!(succeeded, "{}: {said}{command:?}", output.status);
    output.stdout
}

/// The output of `command`, which has to fail with status 1 and without a seal.
#[track_caller]
fn failed(command: &Command) -> Output {
    let output = run(command);
    let (code, said) = (output.status.code(), output.said());
    assert_eq!(code, Some(1), "{said}{command:?}");
    assert!(!output.stdout.ends_with(SEAL.as_bytes()), "{command:?}");
    output
}

/// Creates `database` with a table `t` of that many rows of about a kilobyte.
#[track_caller]
fn create_table(server: &Server, database: &str, rows: u32) {
    server.create_database(database);
    let numbers = format!("generate_series(1, {rows}) n");
    let create = format!("CREATE TABLE t AS SELECT n, repeat('x', 1000) FROM {numbers}");
    server.sql(database, &create);
}

/// A session that keeps everybody from reading the table `t`, until this is dropped.
struct Lock(Child);

impl Lock {
    /// Returns when the lock is held.
    #[track_caller]
    fn on(server: &Server, database: &str) -> Self {
        let mut psql = server.command("psql");
        psql.args(["-Xq", "-f", "-"]).env("PGDATABASE", database);
        let mut psql = psql.stdin(Stdio::piped()).spawn().expect("psql starts");
        let stdin = psql.stdin.as_mut().expect("a pipe");
        let sql = b"BEGIN;\nLOCK TABLE t IN ACCESS EXCLUSIVE MODE;\n";
        stdin.write_all(sql).expect("psql reads");
        let lock = Self(psql);
        let locks = "state = 'idle in transaction' AND query LIKE 'LOCK %'";
        let held = format!("datname = '{database}' AND {locks}");
        wait_for("the lock", DEADLINE, || server.has_session(&held));
        lock
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until pg_dump waits for the lock on `database`.
#[track_caller]
fn wait_until_locked_out(server: &Server, database: &str) {
    let waiting = format!("datname = '{database}' AND wait_event_type = 'Lock'");
    wait_for("pg_dump waits for the lock", DEADLINE, || {
        server.has_session(&waiting)
    });
}
