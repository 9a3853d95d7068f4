#![allow(clippy::unwrap_used)] // a test fails by panicking

use crate::{Installation, Server, end_of, installations, wait_for};
use std::io::{BufRead, BufReader, Write};
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn every_version_starts_and_answers() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        let version: u32 = server
            .sql("postgres", "SHOW server_version_num")
            .trim()
            .parse()
            .unwrap();
        assert_eq!(version / 10_000, installation.major);
    }
}

#[test]
fn a_database_may_have_any_name() {
    let server = Server::start();
    let name = "a\"b'c\\d:e\n$(f)";
    server.create_database(name);
    assert_eq!(
        server.sql(name, "SELECT current_database()"),
        format!("{name}\n")
    );
}

#[test]
fn nothing_is_left_when_a_test_panics() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let outcome = catch_unwind(move || {
        let server = Server::start_from(&Installation::usual());
        sender.send(server.host().to_owned()).unwrap();
        server.sql("postgres", "no SQL");
    });
    let directory = receiver.recv().unwrap();
    assert!(outcome.is_err());
    assert!(!directory.exists());
}

#[test]
#[should_panic(expected = "in vain: the impossible")]
fn waiting_ends() {
    wait_for("the impossible", Duration::from_millis(20), || false);
}

/// Plays the killed test below, in a process of its own.
#[test]
#[ignore = "waits to be killed"]
fn a_test_that_is_killed() {
    let server = Server::start();
    writeln!(std::io::stdout(), "server in {}", server.host().display()).unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn nothing_is_left_when_a_test_is_killed() {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args([
        "--ignored",
        "--exact",
        "--nocapture",
        "server::tests::a_test_that_is_killed",
    ]);
    let mut test = test.stdout(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(test.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let directory = said.filter_map(|line| line.split_once("server in ").map(|it| it.1.to_owned()));
    let directory = PathBuf::from(directory.take(1).collect::<String>());
    assert!(directory.join("data").is_dir());
    test.kill().unwrap();
    end_of(&mut test);
    wait_for("the server is gone", Duration::from_secs(10), || {
        !directory.exists()
    });
}
