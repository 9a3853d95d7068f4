//! The server goes away, refuses, or keeps one waiting.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::verdict::{Published, Verdict, Yardstick, judge, put_yesterdays, start};
use cback_tests::{Contender, Job, Server, Site, SmallDisk, create_bulk, wait_for};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::time::Duration;

const DATABASE: &str = "shop";
const LIMIT: Duration = Duration::from_secs(60);
const JOB: Job = Job {
    mode: "gzip",
    database: Some(DATABASE),
    shell: &["dash"],
};

fn server() -> (Server, Yardstick) {
    let server = Server::start();
    create_bulk(&server, DATABASE, 4000);
    let yardstick = Yardstick::new(&server, Some(DATABASE));
    (server, yardstick)
}

fn sessions(server: &Server, condition: &str) -> bool {
    let query = format!("SELECT count(*) FROM pg_stat_activity WHERE {condition}");
    server.sql("postgres", &query).trim() != "0"
}

const DUMPING: &str = "application_name = 'pg_dump' AND query LIKE 'COPY%'";

/// A run whose pg_dump is stopped in the middle of a table, where `fault` happens to the server.
fn in_mid_dump(server: &Server, yardstick: &Yardstick, fault: impl Fn()) -> Verdict {
    let mut site = Site::new();
    // The real pg_dump, which cannot go on while nobody reads.
    let shim = "exec 3>&1; { pg_dump \"$@\"; echo $? >\"${0%/*}/status\"; } | \
                { head -c 100000; cat \"${0%/*}/gate\"; cat; } >&3; \
                exit \"$(cat \"${0%/*}/status\")\"";
    let shim = site.shim("slow-pg_dump", shim);
    let gate = site.path("gate");
    let made = std::process::Command::new("mkfifo").arg(&gate).status();
    assert!(made.unwrap().success());
    site.override_command("pg_dump", &shim);
    put_yesterdays(&site, &JOB);
    let mut child = start(&mut Contender::Ours.command(&mut site, server, &JOB));
    wait_for("pg_dump reads the table", LIMIT, || {
        sessions(server, DUMPING)
    });
    fault();
    fs::write(&gate, "").unwrap();
    judge(&site, yardstick, &JOB.file(&site), &mut child)
}

#[track_caller]
fn assert_failed(verdict: &Verdict) {
    assert_eq!(verdict.broken_promise(), None, "{verdict:?}");
    assert_eq!(verdict.status.unwrap().code(), Some(1), "{verdict:?}");
    assert_eq!(verdict.published, Published::Old, "{verdict:?}");
}

#[test]
fn a_server_that_stops_in_mid_dump() {
    let (server, yardstick) = server();
    let verdict = in_mid_dump(&server, &yardstick, || {
        let pidfile = fs::read_to_string(server.host().join("data/postmaster.pid")).unwrap();
        let number = pidfile.lines().next().unwrap().parse().unwrap();
        // What pg_ctl stop --mode immediate sends.
        kill_process(Pid::from_raw(number).unwrap(), Signal::QUIT).unwrap();
        wait_for("the server has stopped", LIMIT, || {
            !fs::exists(format!("/proc/{number}")).unwrap()
        });
    });
    assert_failed(&verdict);
}

#[test]
fn a_connection_that_is_cut() {
    let (server, yardstick) = server();
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {DUMPING}");
    let verdict = in_mid_dump(&server, &yardstick, || {
        assert_eq!(server.sql("postgres", &cut), "t\n");
    });
    assert_failed(&verdict);
}

/// Nothing happens: without this, the two above could fail for the shim's sake.
#[test]
fn a_dump_that_only_takes_a_rest() {
    let (server, yardstick) = server();
    let verdict = in_mid_dump(&server, &yardstick, || ());
    assert!(verdict.status.unwrap().success(), "{verdict:?}");
    assert_eq!(verdict.published, Published::New);
}

/// psql with `sql` under way; its first line of output has come.
fn psql(server: &Server, sql: &str) -> Child {
    let mut command = server.command(server.bin().join("psql"));
    command
        .args(["-XAtq", "-f", "-"])
        .env("PGDATABASE", DATABASE);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut psql = command.spawn().unwrap();
    let stdin = psql.stdin.as_mut().unwrap();
    stdin.write_all(sql.as_bytes()).unwrap();
    let stdout = psql.stdout.as_mut().unwrap();
    BufReader::new(stdout)
        .read_line(&mut String::new())
        .unwrap();
    psql
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// However the run ends while pg_dump waits for a lock, no process and no session is left waiting.
#[test]
fn a_lock_that_is_never_released() {
    let (server, yardstick) = server();
    let lock = psql(
        &server,
        "BEGIN; LOCK TABLE bulk IN ACCESS EXCLUSIVE MODE;\n\\echo locked\n",
    );
    let waiting = "application_name = 'pg_dump' AND wait_event_type = 'Lock'";
    let victims = ["the script", "cback-pgdump", "cback-compress", "pg_dump"];
    for victim in victims {
        for signal in [Signal::TERM, Signal::KILL] {
            let mut site = Site::new();
            put_yesterdays(&site, &JOB);
            let mut child = start(&mut Contender::Ours.command(&mut site, &server, &JOB));
            wait_for("pg_dump waits", LIMIT, || sessions(&server, waiting));
            if victim == "the script" {
                kill_process(Pid::from_child(&child), signal).unwrap();
            } else {
                let alive = site.alive();
                alive
                    .iter()
                    .find(|it| it.name == victim)
                    .unwrap()
                    .send(signal);
            }
            let verdict = judge(&site, &yardstick, &JOB.file(&site), &mut child);
            let told = format!("{victim} {signal:?}: {verdict:?}");
            assert_eq!(verdict.broken_promise(), None, "{told}");
            assert!(!verdict.status.unwrap().success(), "{told}");
            if (victim, signal) == ("pg_dump", Signal::KILL) {
                // Nobody is left to cancel its query, and the server does not look.
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ";
                server.sql("postgres", &format!("{end}{waiting}"));
            }
            wait_for(&format!("the session ends: {told}"), LIMIT, || {
                !sessions(&server, waiting)
            });
        }
    }
    end(lock);
}

#[test]
fn tables_that_are_dropped_under_the_dump() {
    let (server, _) = server();
    let churn = psql(
        &server,
        "\\echo begun\nDO $$ BEGIN LOOP \
         EXECUTE 'CREATE TABLE churn_a AS SELECT 1'; COMMIT; \
         EXECUTE 'CREATE TABLE churn_b AS SELECT 2'; COMMIT; \
         EXECUTE 'DROP TABLE churn_a'; COMMIT; \
         EXECUTE 'DROP TABLE churn_b'; COMMIT; END LOOP; END $$;\n",
    );
    for _ in 0..8 {
        let mut site = Site::new();
        put_yesterdays(&site, &JOB);
        let output = Contender::Ours.command(&mut site, &server, &JOB).output();
        let output = output.unwrap();
        let bytes = site.backup(&JOB.file_name());
        if output.status.success() {
            let test = std::process::Command::new("gzip")
                .arg("-t")
                .arg(JOB.file(&site))
                .status();
            assert!(test.unwrap().success());
        } else {
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            assert_eq!(bytes, cback_tests::verdict::YESTERDAY);
        }
    }
    end(churn);
}

/// The server has no room for its own log, and ends all sessions.
#[test]
fn a_full_disk_of_the_server() {
    if !geteuid().is_root() {
        return; // nobody else may mount
    }
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let disk = SmallDisk::mount(place.path(), "size=100m");
    let server = Server::start_with_log_on(&disk, place.path());
    create_bulk(&server, DATABASE, 4000);
    let yardstick = Yardstick::new(&server, Some(DATABASE));
    let verdict = in_mid_dump(&server, &yardstick, || {
        let numbers = "generate_series(1, 2000000) AS n";
        let sql = format!("CREATE TABLE much AS SELECT md5(n::text) FROM {numbers}");
        let output = server.command("psql").args(["-Xqc", &sql]).output();
        assert!(!output.unwrap().status.success());
        let log = fs::read_to_string(server.host().join("log")).unwrap();
        let reason = "PANIC:  could not write to file \"pg_wal/";
        assert!(log.contains(reason), "{log}");
        assert!(log.contains("No space left on device"), "{log}");
    });
    assert_failed(&verdict);
}

/// What the server refuses half way; each with the words that must be said.
#[test]
fn what_the_server_refuses() {
    let (server, yardstick) = server();
    server.sql(
        DATABASE,
        "CREATE ROLE stranger LOGIN; CREATE ROLE guest LOGIN; GRANT SELECT ON bulk TO guest; \
         ALTER TABLE bulk ENABLE ROW LEVEL SECURITY; CREATE ROLE crowded SUPERUSER LOGIN; \
         ALTER ROLE crowded SET temp_file_limit = 0; ALTER ROLE crowded SET work_mem = '64kB';",
    );
    for (role, words) in [
        ("stranger", "permission denied for table bulk"),
        ("guest", "row-level security policy for table \"bulk\""),
        ("crowded", "temporary file size exceeds temp_file_limit"),
    ] {
        let mut site = Site::new();
        put_yesterdays(&site, &JOB);
        let mut command = Contender::Ours.command(&mut site, &server, &JOB);
        site.configure_section(&format!(
            "<user>{role}</user><compress_mode>gzip</compress_mode><database>{DATABASE}</database>"
        ));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{role}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{role}: {said}");
        assert_eq!(
            yardstick.measure(&JOB.file(&site)),
            Published::Old,
            "{role}"
        );
    }
}
