//! The server goes away, refuses, or keeps one waiting.

use cback_tests::{
    Finished, Job, Outcome, Run, Server, Site, SmallDisk, WholeDump, YESTERDAY, create_bulk,
    end_of, in_background, server, skipped_without_root, unpacked, wait_for,
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::time::Duration;

/// SQL's condition for a session in the middle of a table, and not one that has ended with it.
const COPYING: &str = "query LIKE 'COPY%' AND state = 'active'";

const LIMIT: Duration = Duration::from_secs(60);

/// A server with the database that the job backs up. Where tests share the server, each has a
/// database of its own.
struct Source<'a> {
    server: &'a Server,
    database: &'static str,
    job: Job,
    whole: WholeDump,
}

impl<'a> Source<'a> {
    fn new(server: &'a Server, database: &'static str) -> Self {
        create_bulk(server, database, 4000);
        Self {
            server,
            database,
            job: Job::new("gzip", Some(database)),
            whole: WholeDump::of(server, Some(database)),
        }
    }

    /// SQL's condition for a session of pg_dump on this database.
    fn dumps(&self, condition: &str) -> String {
        let database = self.database;
        format!("application_name = 'pg_dump' AND datname = '{database}' AND {condition}")
    }

    fn cut(&self, sessions: &str) -> String {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE";
        self.server.sql("postgres", &format!("{cut} {sessions}"))
    }

    fn wait_for_session(&self, condition: &str) {
        wait_for(condition, LIMIT, || self.server.has_session(condition));
    }

    /// A run whose pg_dump is stopped in the middle of a table, where `fault` happens to the server.
    fn in_mid_dump(&self, fault: impl Fn()) -> Outcome {
        let mut site = Site::new();
        // The real pg_dump, which cannot go on while nobody reads.
        site.replace_pg_dump(
            "exec 3>&1; { pg_dump \"$@\"; echo $? >\"${0%/*}/status\"; } | \
             { head -c 100000; flock --shared \"${0%/*}/gate\" true; cat; } >&3; \
             exit \"$(cat \"${0%/*}/status\")\"",
        );
        let gate = site.closed_gate();
        self.job.put_yesterdays(&site);
        let mut child = in_background(&mut self.job.command(&site, self.server));
        self.wait_for_session(&self.dumps(COPYING));
        fault();
        drop(gate);
        Outcome::of(&site, &self.whole, &self.job.file(&site), &mut child)
    }

    /// psql with `sql` under way; its first line of output has come. It ends with its standard input.
    fn psql(&self, sql: &str) -> Child {
        let mut command = self.server.command(self.server.bin().join("psql"));
        command.args(["-XAtq", "-f", "-"]);
        command.env("PGDATABASE", self.database);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut psql = command.spawn().unwrap();
        let stdin = psql.stdin.as_mut().unwrap();
        stdin.write_all(sql.as_bytes()).unwrap();
        let mut line = String::new();
        let stdout = psql.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "begun\n");
        psql
    }
}

/// "Fails (status 1, no seal) unless the child exited 0 and its output ended with the program's own marker."
#[test]
fn a_server_that_stops_in_mid_dump() {
    let server = Server::start();
    let outcome = Source::new(&server, "shop").in_mid_dump(|| {
        let pidfile = fs::read_to_string(server.host().join("data/postmaster.pid")).unwrap();
        let number = pidfile.lines().next().unwrap().parse().unwrap();
        let server = Pid::from_raw(number).unwrap();
        // As pg_ctl stop --mode immediate does.
        kill_process(server, Signal::QUIT).unwrap();
        let is_gone = || test_kill_process(server).is_err();
        wait_for("it has stopped", LIMIT, is_gone);
    });
    outcome.assert_failed("the server has stopped");
}

#[test]
fn a_connection_that_is_cut() {
    let source = Source::new(server(), "cut");
    let outcome = source.in_mid_dump(|| {
        assert_eq!(source.cut(&source.dumps(COPYING)), "t\n");
    });
    outcome.assert_failed("the connection is cut");
}

/// Nothing happens: without this, the two above could fail for the shim's sake.
#[test]
fn a_dump_that_only_takes_a_rest() {
    let outcome = Source::new(server(), "rest").in_mid_dump(|| ());
    outcome.assert_succeeded("it takes a rest");
}

/// "Takes its child and the child's children along, at once, also when they wait for a lock": no process
/// and no session is left waiting.
#[test]
fn a_lock_that_is_never_released() {
    let source = Source::new(server(), "locked");
    let lock = "BEGIN; LOCK TABLE bulk IN ACCESS EXCLUSIVE MODE;\n\\echo begun\n";
    let mut lock = source.psql(lock);
    let waiting = source.dumps("wait_event_type = 'Lock'");
    for victim in ["the script", "cback-pgdump", "cback-compress", "pg_dump"] {
        for signal in [Signal::TERM, Signal::KILL] {
            let (site, job) = (Site::new(), source.job);
            job.put_yesterdays(&site);
            let mut child = in_background(&mut job.command(&site, server()));
            source.wait_for_session(&waiting);
            let script = Pid::from_child(&child);
            let alive = site.alive();
            let stage = alive.iter().find(|it| it.name == victim);
            kill_process(stage.map_or(script, |it| it.pid), signal).unwrap();
            let outcome = Outcome::of(&site, &source.whole, &job.file(&site), &mut child);
            let told = format!("{victim} {signal:?}");
            outcome.assert_safe(&told);
            assert!(!outcome.status.unwrap().success(), "{told}: {outcome:?}");
            if (victim, signal) == ("pg_dump", Signal::KILL) {
                // Nobody is left to cancel its query, and the server does not look.
                source.cut(&waiting);
            }
            let has_ended = || !source.server.has_session(&waiting);
            wait_for(&format!("the session ends: {told}"), LIMIT, has_ended);
        }
    }
    lock.kill().unwrap();
    end_of(&mut lock);
}

#[test]
fn tables_that_are_dropped_under_the_dump() {
    let source = Source::new(server(), "churned");
    let mut churn = source.psql(
        "\\echo begun\nDO $$ BEGIN LOOP \
         CREATE TABLE churn_a AS SELECT 1; COMMIT; CREATE TABLE churn_b AS SELECT 2; COMMIT; \
         DROP TABLE churn_a; COMMIT; DROP TABLE churn_b; COMMIT; END LOOP; END $$;\n",
    );
    for _ in 0..8 {
        let (site, job) = (Site::new(), source.job);
        job.put_yesterdays(&site);
        let output = job.command(&site, server()).run();
        if output.status.success() {
            let dump = unpacked(&job.file(&site)).expect("gzip takes it for whole");
            let dump = String::from_utf8(dump).unwrap();
            assert!(dump.contains("-- PostgreSQL database dump complete"));
        } else {
            output.fails(1);
            assert_eq!(site.backup(&job.file_name()), YESTERDAY);
        }
    }
    churn.kill().unwrap();
    end_of(&mut churn);
}

/// The server has no room for its own log, and ends all sessions.
#[test]
fn a_full_disk_of_the_server() {
    if skipped_without_root("nobody else may mount") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let disk = SmallDisk::mount(place.path(), "size=100m");
    let server = Server::start_with_log_on(&disk, place.path());
    let outcome = Source::new(&server, "shop").in_mid_dump(|| {
        let much = "CREATE TABLE much AS SELECT md5(n::text) FROM generate_series(1, 2000000) AS n";
        let mut psql = server.command("psql");
        assert!(!psql.args(["-Xqc", much]).run().status.success());
        let log = fs::read_to_string(server.host().join("log")).unwrap();
        let reason = "PANIC:  could not write to file \"pg_wal/";
        assert!(log.contains(reason), "{log}");
        assert!(log.contains("No space left on device"), "{log}");
    });
    outcome.assert_failed("the server's disk is full");
}

/// "What pg_dump leaves out without failing is a failure, or said": each refusal with the words that must be said.
#[test]
fn a_refusal_half_way() {
    let source = Source::new(server(), "refused");
    server().sql(
        source.database,
        "CREATE ROLE stranger LOGIN; CREATE ROLE guest LOGIN; GRANT SELECT ON bulk TO guest; \
         ALTER TABLE bulk ENABLE ROW LEVEL SECURITY; CREATE ROLE crowded SUPERUSER LOGIN; \
         ALTER ROLE crowded SET temp_file_limit = 0; ALTER ROLE crowded SET work_mem = '64kB';",
    );
    for (role, words) in [
        ("stranger", "permission denied for table bulk"),
        ("guest", "row-level security policy for table \"bulk\""),
        ("crowded", "temporary file size exceeds temp_file_limit"),
    ] {
        let (site, job) = (Site::new(), source.job);
        job.put_yesterdays(&site);
        let database = format!("<database>{}</database>", source.database);
        let mode = "<compress_mode>gzip</compress_mode>";
        site.configure_section(&format!("<user>{role}</user>{mode}{database}"));
        let said = site.run(server(), job.shell).fails(1);
        assert!(said.contains(words), "{role}: {said}");
        assert_eq!(site.backup(&job.file_name()), YESTERDAY, "{role}");
    }
}
