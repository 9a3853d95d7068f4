//! The real cback3 runs the script: as a hook, as an extended action, and stages what it made.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{Server, Site, cback3, create_sample, wait_for};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const DUMP: &str = "postgresqldump-postgres.txt.gz";

#[test]
fn as_a_hook_before_or_after_collect() {
    let server = Server::start();
    for (kind, dump_is_older) in [("pre_action_hook", true), ("post_action_hook", false)] {
        let mut site = Site::new();
        hook(&mut site, kind);
        site.configure("gzip", &["postgres"]);
        succeeds(&cback3(&site, &server).arg("collect").output().unwrap());
        let [dump, indicator] = [DUMP, "cback.collect"].map(|name| {
            let metadata = fs::metadata(site.collect_dir().join(name)).unwrap();
            metadata.modified().unwrap()
        });
        assert_eq!(dump < indicator, dump_is_older, "{kind}");
    }
}

#[test]
fn a_failing_hook_is_a_failure_that_the_log_explains() {
    let server = Server::start();
    let mut site = Site::new();
    hook(&mut site, "pre_action_hook");
    site.configure("gzip", &["missing"]);
    let output = cback3(&site, &server).arg("collect").output().unwrap();
    assert!(!output.status.success());
    let log = fs::read_to_string(site.path("log")).unwrap();
    assert!(log.contains("database \"missing\" does not exist"), "{log}");
    assert!(
        log.contains("cback-postgresql: not backed up: missing"),
        "{log}"
    );
    assert!(site.listing().is_empty(), "{:?}", site.listing());
}

#[test]
fn as_an_extended_action_alone() {
    let server = Server::start();
    let site = site_with_action("cback_postgresql", "gzip", &["postgres"]);
    succeeds(&cback3(&site, &server).arg("postgresql").output().unwrap());
    assert_eq!(site.listing(), [DUMP]);
    let log = fs::read_to_string(site.path("log")).unwrap();
    assert!(
        log.contains("[INFO   ] cback-postgresql: postgres: "),
        "{log}"
    );
}

#[test]
fn as_an_extended_action_after_collect() {
    let server = Server::start();
    let site = site_with_action("cback_postgresql", "gzip", &["postgres"]);
    succeeds(
        &cback3(&site, &server)
            .args(["postgresql", "collect"])
            .output()
            .unwrap(),
    );
    // Cedar gives collect the index 100, and the site gives the action 101.
    let dump = fs::metadata(site.collect_dir().join(DUMP)).unwrap();
    let indicator = fs::metadata(site.collect_dir().join("cback.collect")).unwrap();
    assert!(dump.modified().unwrap() >= indicator.modified().unwrap());
}

#[test]
fn a_failing_action_has_status_6_and_the_log_has_the_servers_words() {
    let server = Server::start();
    let site = site_with_action("cback_postgresql", "gzip", &["missing", "postgres"]);
    let output = cback3(&site, &server).arg("postgresql").output().unwrap();
    assert_eq!(output.status.code(), Some(6));
    let log = fs::read_to_string(site.path("log")).unwrap();
    assert!(
        log.contains("FATAL:  database \"missing\" does not exist"),
        "{log}"
    );
    let error = "[ERROR  ] Error executing backup: cback-postgresql: not backed up: missing";
    assert!(log.contains(error), "{log}");
    assert_eq!(site.listing(), [DUMP]);
}

#[test]
fn overrides_are_honoured() {
    let server = Server::start();
    let pg_dump = server.bin().join("pg_dump");
    let pg_dumpall = server.bin().join("pg_dumpall");
    for (program, real, databases) in [
        ("pg_dump", pg_dump, &["postgres"][..]),
        ("pg_dumpall", pg_dumpall, &[]),
    ] {
        let mut site = site_with_action("cback_postgresql", "none", databases);
        let witness = site.path("witness");
        let script = format!(
            "touch '{}'; exec '{}' \"$@\"",
            witness.display(),
            real.display()
        );
        let shim = site.shim("shim", &script);
        site.override_command(program, &shim);
        site.configure("none", databases);
        succeeds(&cback3(&site, &server).arg("postgresql").output().unwrap());
        assert!(witness.exists(), "{program} was not overridden");
    }
}

#[test]
fn stage_copies_the_dumps_and_nothing_of_a_running_backup() {
    let server = Server::start();
    let mut site = Site::new();
    let (stage, collect) = (site.path("stage"), site.collect_dir());
    site.add_section(&format!(
        "<stage><staging_dir>{}</staging_dir><peer><name>here</name><type>local</type>\
         <collect_dir>{}</collect_dir></peer></stage>",
        stage.display(),
        collect.display()
    ));
    site.configure("none", &["postgres"]);
    succeeds(&cback3(&site, &server).arg("collect").output().unwrap());
    succeeds(&site.run(&server, &["sh"]));
    let first_night = site.backup("postgresqldump-postgres.txt");

    let gate = site.halt_dumps();
    site.configure("none", &["postgres"]);
    let mut second = site
        .command(&server, &["sh"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let half_made = collect.join(".cback-postgresql/dump");
    wait_for(
        "the second backup is half made",
        Duration::from_secs(60),
        || fs::metadata(&half_made).is_ok_and(|metadata| metadata.len() > 0),
    );
    succeeds(&cback3(&site, &server).arg("stage").output().unwrap());
    fs::write(&gate, "").unwrap();
    assert!(second.wait().unwrap().success());

    let staged = files_below(&stage);
    let names: Vec<_> = staged
        .iter()
        .map(|path| path.file_name().unwrap())
        .collect();
    assert!(
        names.contains(&"postgresqldump-postgres.txt".as_ref()),
        "{names:?}"
    );
    assert!(!names.contains(&"dump".as_ref()), "{names:?}");
    let dump = staged
        .iter()
        .find(|path| path.ends_with("postgresqldump-postgres.txt"))
        .unwrap();
    assert_eq!(fs::read(dump).unwrap(), first_night);
}

/// Cedar's own extension and ours leave the same: names, owner, and bytes but for the random key
/// of `\restrict` lines.
#[test]
fn the_same_files_as_cedars_own_extension() {
    let server = Server::start();
    let databases = ["shop", "Ünïcode and spaces", "100%"];
    for database in databases {
        create_sample(&server, database);
    }
    for (mode, opener) in [("none", "cat"), ("gzip", "zcat"), ("bzip2", "bzcat")] {
        for databases in [&databases[..], &[]] {
            let [theirs, ours] =
                ["CedarBackup3.extend.postgresql", "cback_postgresql"].map(|module| {
                    let site = site_with_action(module, mode, databases);
                    succeeds(&cback3(&site, &server).arg("postgresql").output().unwrap());
                    site
                });
            assert_eq!(ours.listing(), theirs.listing());
            assert_eq!(ours.listing().len(), databases.len().max(1));
            for name in ours.listing() {
                let [(their_owner, their_dump), (our_owner, our_dump)] =
                    [&theirs, &ours].map(|site| opened(opener, &site.collect_dir().join(&name)));
                assert_eq!(our_owner, their_owner, "{name}");
                assert!(our_dump == their_dump, "{name} differs in {mode}");
            }
        }
    }
}

/// Owner, group and the text without its random keys.
fn opened(opener: &str, file: &Path) -> ((u32, u32), Vec<Vec<u8>>) {
    let output = Command::new(opener).arg(file).output().unwrap();
    succeeds(&output);
    let random =
        |line: &&[u8]| line.starts_with(b"\\restrict ") || line.starts_with(b"\\unrestrict ");
    let lines = output
        .stdout
        .split(|&byte| byte == b'\n')
        .filter(|line| !random(line));
    let metadata = fs::metadata(file).unwrap();
    (
        (metadata.uid(), metadata.gid()),
        lines.map(<[u8]>::to_vec).collect(),
    )
}

fn hook(site: &mut Site, kind: &str) {
    let config = site.config().display().to_string();
    site.add_option(&format!(
        "<{kind}><action>collect</action>\
         <command>cback-postgresql -c {config}</command></{kind}>"
    ));
}

fn site_with_action(module: &str, mode: &str, databases: &[&str]) -> Site {
    let mut site = if rustix::process::geteuid().is_root() {
        Site::owned_by("games", "backup")
    } else {
        Site::new()
    };
    site.add_section(&format!(
        "<extensions><action><name>postgresql</name><module>{module}</module>\
         <function>executeAction</function><index>101</index></action></extensions>"
    ));
    site.configure(mode, databases);
    site
}

fn files_below(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let below = |path: std::path::PathBuf| {
        if path.is_dir() {
            files_below(&path)
        } else {
            vec![path]
        }
    };
    entries.flat_map(below).collect()
}

#[track_caller]
fn succeeds(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
}
