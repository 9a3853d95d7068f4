//! The server goes away. Its refusals are in cback-pgdump's `errors`, what waits for it in `interruption`.

use cback_tests::{
    Job, Outcome, Published, Server, Site, WholeDump, create_bulk, in_background, wait_for,
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(300);

const JOB: Job = Job::new("gzip", Some("shop"));

/// The real pg_dump, which is stopped in the middle of a table, since nobody reads, until the gate is open.
const STOPPED: &str = "exec 3>&1; { pg_dump \"$@\"; echo $? >\"${0%/*}/status\"; } | \
    { head -c 100000; flock --shared \"${0%/*}/gate\" true; cat; } >&3; exit \"$(cat \"${0%/*}/status\")\"";

/// SQL's condition for its session in the middle of a table, and not one that has ended with it.
const COPYING: &str = "application_name = 'pg_dump' AND query LIKE 'COPY%' AND state = 'active'";

/// The outcome of a run to whose server `fault` happens in the middle of a table.
fn in_mid_dump(server: &Server, whole: &WholeDump, fault: impl FnOnce()) -> Outcome {
    let mut site = Site::new();
    site.replace_pg_dump(STOPPED);
    let gate = site.closed_gate();
    let mut command = JOB.command(&site, server);
    JOB.put_yesterdays(&site);
    let mut child = in_background(&mut command);
    wait_for("it copies", LIMIT, || server.has_session(COPYING));
    fault();
    drop(gate);
    Outcome::of(&site, whole, &JOB.file(&site), &mut child)
}

/// "Fails (status 1, no seal) unless the child exited 0 and its output ended with the program's own marker." A rest,
/// in which nothing happens, is the first of them: else the others could fail for the shim's sake.
#[test]
fn a_server_that_goes_away_in_mid_dump() {
    let server = Server::start();
    create_bulk(&server, "shop", 4000);
    let whole = WholeDump::of(&server, JOB.database);
    let rested = in_mid_dump(&server, &whole, || ());
    rested.assert_ended(0, Published::New, "it takes a rest");

    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {COPYING}");
    let cut = || assert_eq!(server.sql("postgres", &cut), "t\n");
    let cut = in_mid_dump(&server, &whole, cut);
    cut.assert_ended(1, Published::Old, "the connection is cut");

    let stopped = in_mid_dump(&server, &whole, || {
        let pidfile = fs::read_to_string(server.host().join("data/postmaster.pid")).unwrap();
        let number = pidfile.lines().next().unwrap().parse().unwrap();
        let postmaster = Pid::from_raw(number).unwrap();
        // As pg_ctl stop --mode immediate does.
        kill_process(postmaster, Signal::QUIT).unwrap();
        let is_gone = || test_kill_process(postmaster).is_err();
        wait_for("it has stopped", LIMIT, is_gone);
    });
    stopped.assert_ended(1, Published::Old, "the server has stopped");
}
