//! While it runs, nobody reads the user's or the database's name in `ps`.

use crate::{DEADLINE, Lock, PROGRAM, create_table, ended, wait_until_locked_out};
use cback_tests::{Process, Server, in_background, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;

/// Names given as arguments are seen, but go no further: the row also shows that this way of looking
/// finds what there is.
#[test]
fn names_from_the_environment_are_in_no_argument() {
    // Its own server: pg_dumpall would wait for the locks of other tests.
    let server = Server::start();
    let secret = format!("hush{}", std::process::id());
    let (user, database) = (format!("{secret}user"), format!("{secret}db"));
    create_table(&server, &database, 1);
    server.sql("postgres", &format!("CREATE ROLE {user} SUPERUSER LOGIN"));
    let _lock = Lock::on(&server, &database);
    for (arguments, secret, shown) in [
        (&[][..], &secret, None),
        // pg_dumpall itself tells pg_dump the database so.
        (&["--all"], &user, None),
        (
            &["--user", &user, &database],
            &secret,
            Some(format!("cback-pgdump --user {user} {database} ")),
        ),
    ] {
        let mut command = server.command(PROGRAM);
        command.args(arguments);
        if shown.is_none() {
            command.env("PGUSER", &user).env("PGDATABASE", &database);
        }
        let mut child = in_background(&mut command);
        wait_until_locked_out(&server, &database);
        let found = Process::with_argument(Path::new(secret));
        kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
        ended(&mut child);
        wait_for("the end of its session", DEADLINE, || {
            !server.has_session("wait_event_type = 'Lock'")
        });
        // The server's own titles name both, which is its administrator's choice.
        let lines = found.iter().filter(|it| it.name != "postgres");
        let lines: Vec<_> = lines.map(|it| it.line.replace('\0', " ")).collect();
        let is_as_told = lines.len() == shown.iter().len()
            && lines
                .iter()
                .zip(&shown)
                .all(|(line, end)| line.ends_with(end));
        assert!(is_as_told, "{arguments:?}: {lines:?}");
    }
}
