//! While it runs, nobody reads the user's or the database's name in `ps`.

mod server;

use server::{
    Lock, SERVER, cback_pgdump, create_table, ended, processes, run, wait_until_locked_out,
};
use std::process::{Command, Stdio};

/// Runs `command` until it waits for a lock on `database`; whose arguments hold `secret` then?
fn who_shows(secret: &str, database: &str, command: &mut Command) -> Vec<String> {
    let _lock = Lock::on(database);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    wait_until_locked_out(database);
    // The server's own titles name both, which is its administrator's choice.
    let lines = processes(|_| true)
        .into_iter()
        .filter(|line| !line.starts_with("postgres: "));
    let shown = lines.filter(|line| line.contains(secret)).collect();
    run(Command::new("kill").arg(child.id().to_string()));
    ended(&mut child);
    shown
}

fn create_user(name: &str) {
    SERVER.sql("postgres", &format!("CREATE ROLE {name} SUPERUSER LOGIN"));
}

#[test]
fn one_database_shows_neither() {
    create_table("hush_db", 1);
    create_user("hush_user");
    let mut command = cback_pgdump();
    command
        .env("PGUSER", "hush_user")
        .env("PGDATABASE", "hush_db");
    assert_eq!(who_shows("hush", "hush_db", &mut command), [""; 0]);
}

/// Also shows that this way of looking finds what there is.
#[test]
fn names_given_as_arguments_go_no_further() {
    create_table("whisper_db", 1);
    create_user("whisper_user");
    let mut command = cback_pgdump();
    command.args(["--user", "whisper_user", "whisper_db"]);
    let shown = who_shows("whisper", "whisper_db", &mut command);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(
        shown[0].contains("cback-pgdump --user whisper_user whisper_db"),
        "{shown:?}"
    );
}

#[test]
fn all_databases_do_not_show_the_user() {
    create_table("in_all", 1);
    create_user("veiled_user");
    let mut command = cback_pgdump();
    command.arg("--all").env("PGUSER", "veiled_user");
    assert_eq!(who_shows("veiled", "in_all", &mut command), [""; 0]);
}
