//! The server goes away, or keeps one waiting. Its refusals are in cback-pgdump's `errors`.

use cback_tests::{
    Job, Outcome, Published, Server, Site, WholeDump, create_bulk, end_of, in_background, server,
    unpacked, wait_for,
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::process::Child;
use std::time::Duration;

/// SQL's condition for a session in the middle of a table, and not one that has ended with it.
const COPYING: &str = "query LIKE 'COPY%' AND state = 'active'";

const LIMIT: Duration = Duration::from_secs(60);

/// A server with the database that the job backs up.
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

    /// SQL's condition for a session of `program` on this database.
    fn of(&self, program: &str, condition: &str) -> String {
        let database = self.database;
        format!("application_name = '{program}' AND datname = '{database}' AND {condition}")
    }

    /// Has the server end sessions; a line for each.
    fn cut(&self, sessions: &str) -> String {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE";
        self.server.sql("postgres", &format!("{cut} {sessions}"))
    }

    fn wait_for_session(&self, condition: &str) {
        wait_for(condition, LIMIT, || self.server.has_session(condition));
    }

    /// A run with yesterday's backup in place, started.
    fn start(&self, site: &Site) -> Child {
        self.job.put_yesterdays(site);
        in_background(&mut self.job.command(site, self.server))
    }

    fn outcome(&self, site: &Site, child: &mut Child) -> Outcome {
        Outcome::of(site, &self.whole, &self.job.file(site), child)
    }

    /// A run whose pg_dump is stopped in the middle of a table, where `fault` happens to the server.
    fn in_mid_dump(&self, fault: impl FnOnce()) -> Outcome {
        let mut site = Site::new();
        // The real pg_dump, which cannot go on while nobody reads.
        site.replace_pg_dump(
            "exec 3>&1; { pg_dump \"$@\"; echo $? >\"${0%/*}/status\"; } | \
             { head -c 100000; flock --shared \"${0%/*}/gate\" true; cat; } >&3; \
             exit \"$(cat \"${0%/*}/status\")\"",
        );
        let gate = site.closed_gate();
        let mut child = self.start(&site);
        self.wait_for_session(&self.of("pg_dump", COPYING));
        fault();
        drop(gate);
        self.outcome(&site, &mut child)
    }

    /// Does `work` while psql is busy with `sql`, as this condition tells.
    fn beside_psql(&self, sql: &str, condition: &str, work: impl FnOnce()) {
        let mut psql = self.server.command("psql");
        psql.args(["-Xqc", sql]).env("PGDATABASE", self.database);
        let mut psql = in_background(&mut psql);
        self.wait_for_session(&self.of("psql", condition));
        work();
        self.cut(&self.of("psql", "true"));
        end_of(&mut psql);
    }
}

/// "Fails (status 1, no seal) unless the child exited 0 and its output ended with the program's own marker." A rest,
/// in which nothing happens, is the first of them: else the others could fail for the shim's sake.
#[test]
fn a_server_that_goes_away_in_mid_dump() {
    let server = Server::start();
    let source = Source::new(&server, "shop");
    let rested = source.in_mid_dump(|| ());
    rested.assert_ended(0, Published::New, "it takes a rest");

    let dump = source.of("pg_dump", COPYING);
    let cut = source.in_mid_dump(|| assert_eq!(source.cut(&dump), "t\n"));
    cut.assert_ended(1, Published::Old, "the connection is cut");

    let stopped = source.in_mid_dump(|| {
        let pidfile = fs::read_to_string(server.host().join("data/postmaster.pid")).unwrap();
        let number = pidfile.lines().next().unwrap().parse().unwrap();
        let server = Pid::from_raw(number).unwrap();
        // As pg_ctl stop --mode immediate does.
        kill_process(server, Signal::QUIT).unwrap();
        let is_gone = || test_kill_process(server).is_err();
        wait_for("it has stopped", LIMIT, is_gone);
    });
    stopped.assert_ended(1, Published::Old, "the server has stopped");
}

/// "Takes its child and the child's children along, at once, also when they wait for a lock": no process
/// and no session is left waiting.
#[test]
fn a_lock_that_is_never_released() {
    let source = Source::new(server(), "locked");
    let lock = "LOCK TABLE bulk; SELECT pg_sleep(1000)";
    source.beside_psql(lock, "wait_event = 'PgSleep'", || {
        for victim in ["the script", "cback-pgdump", "cback-compress", "pg_dump"] {
            strike_while_it_waits(&source, victim, Signal::TERM);
            strike_while_it_waits(&source, victim, Signal::KILL);
        }
    });
}

fn strike_while_it_waits(source: &Source, victim: &str, signal: Signal) {
    let waiting = source.of("pg_dump", "wait_event_type = 'Lock'");
    let site = Site::new();
    let mut child = source.start(&site);
    source.wait_for_session(&waiting);
    let (script, alive) = (Pid::from_child(&child), site.alive());
    let stage = alive.iter().find(|it| it.name == victim);
    kill_process(stage.map_or(script, |it| it.pid), signal).unwrap();
    let outcome = source.outcome(&site, &mut child);
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

#[test]
fn tables_that_are_dropped_under_the_dump() {
    let source = Source::new(server(), "churned");
    let churn = "DO $$ BEGIN LOOP \
        CREATE TABLE churn_a AS SELECT 1; COMMIT; CREATE TABLE churn_b AS SELECT 2; COMMIT; \
        DROP TABLE churn_a; COMMIT; DROP TABLE churn_b; COMMIT; END LOOP; END $$";
    source.beside_psql(churn, "state = 'active'", || {
        for _ in 0..8 {
            let site = Site::new();
            let mut outcome = source.outcome(&site, &mut source.start(&site));
            if outcome.published == Published::Partial {
                // A dump that has a table more than the one before.
                let dump = unpacked(&source.job.file(&site)).unwrap();
                let dump = String::from_utf8(dump).unwrap();
                assert!(dump.contains("-- PostgreSQL database dump complete"));
                outcome.published = Published::New;
            }
            outcome.assert_safe("tables are dropped");
        }
    });
}
