//! The real cback3 runs the script: as a hook, as an extended action, and stages what it made.

use cback_tests::{
    Finished, HaltedRun, Random, Run, Server, Site, cback3, create_sample, end_of, extension,
    in_background, seeds, server, unpacked, without_keys,
};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

const OURS: &str = "cback_postgresql";
const DUMP: &str = "postgresqldump-postgres.txt.gz";

#[test]
fn as_a_hook_before_or_after_collect() {
    for (kind, dump_is_older) in [("pre_action_hook", true), ("post_action_hook", false)] {
        let site = site_with_hook(kind, "postgres");
        run(&site, &["collect"]).succeeds();
        let is_older = modified(&site, DUMP) < modified(&site, "cback.collect");
        assert_eq!(is_older, dump_is_older, "{kind}");
    }
}

#[test]
fn as_an_extended_action_alone_or_after_collect() {
    let site = site_with_action(OURS, "gzip", &["postgres"]);
    run(&site, &["postgresql"]).succeeds();
    assert_eq!(site.listing(), [DUMP]);
    assert_logged(&site, "[INFO   ] cback-postgresql: postgres: ");
    run(&site, &["postgresql", "collect"]).succeeds();
    assert!(modified(&site, DUMP) >= modified(&site, "cback.collect"));
}

/// "Every failure is named in the last lines of stderr, because that is what cback3 shows"; "raises `IOError` when it
/// fails", of which cback3 makes status 6.
#[test]
fn a_failing_hook_or_action_is_a_failure_that_the_log_explains() {
    let hook = site_with_hook("pre_action_hook", "missing");
    assert!(!run(&hook, &["collect"]).status.success());
    assert!(hook.listing().is_empty(), "{:?}", hook.listing());
    let action = site_with_action(OURS, "gzip", &["missing", "postgres"]);
    run(&action, &["postgresql"]).fails(6);
    assert_eq!(action.listing(), [DUMP]);
    let last = "cback-postgresql: not backed up: missing";
    let error = format!("[ERROR  ] Error executing backup: {last}");
    for (site, last) in [(&hook, last), (&action, &error)] {
        assert_logged(site, "FATAL:  database \"missing\" does not exist");
        assert_logged(site, last);
    }
}

/// A site that is a pool of its own, where all has been collected once.
fn site_of_a_local_peer() -> Site {
    let mut site = Site::new();
    site.add_section(&format!(
        "<stage><staging_dir>{}</staging_dir><peer><name>here</name><type>local</type>\
         <collect_dir>{}</collect_dir></peer></stage>",
        site.path("stage").display(),
        site.collect_dir().display()
    ));
    configure(&site);
    site.run(server(), &["sh"]).succeeds();
    // The action's own sign, and names before and after those of whatever a run might leave, in any order.
    for name in ["cback.collect", "#", "00", "a", "zz", "~", ".a", ".z"] {
        fs::write(site.collect_dir().join(name), "collected").unwrap();
    }
    site
}

fn configure(site: &Site) {
    site.configure("none", &["postgres", "template1"]);
}

/// A local peer's `stage` ends at the first entry of `collect_dir` that is no regular file, with status 0
/// and its indicator written: what comes after it is not staged (Cedar Backup 3.9.2 and 3.12.0).
#[track_caller]
fn assert_stage_misses_nothing(site: &Site) {
    let collected = site.listing();
    run(site, &["stage"]).succeeds();
    let mut find = Command::new("find");
    find.arg(site.path("stage"));
    let staged = find.args(["-type", "f", "-printf", "%f\n"]).prints();
    let is_hidden = |name: &String| name.starts_with(".cback-compress.");
    for name in collected.iter().filter(|it| !is_hidden(it)) {
        assert!(staged.lines().any(|it| it == name), "{name}: {staged}");
    }
}

/// "At no moment does anything but a regular file stand in `collect_dir`": not while a dump waits, nor after SIGKILL, nor
/// at random moments.
#[test]
fn stage_misses_nothing_whatever_a_run_does_meanwhile() {
    for is_killed in [false, true] {
        let site = site_of_a_local_peer();
        let mut run = HaltedRun::start(site, server(), &["sh"], 2, configure);
        if is_killed {
            run.signal(Signal::KILL);
            run.wait();
        }
        assert_stage_misses_nothing(&run.site);
    }
    for seed in seeds(3) {
        let site = site_of_a_local_peer();
        let mut random = Random::new(seed);
        let mut child = in_background(&mut site.command(server(), &["sh"]));
        std::thread::sleep(Duration::from_millis(random.below(150)));
        if random.choose(&[false, true]) {
            child.kill().unwrap();
        }
        assert_stage_misses_nothing(&site);
        end_of(&mut child);
    }
}

const DATABASES: [&str; 3] = ["shop", "Ünïcode and spaces", "100%"];

/// One of its own: other tests' databases would change the dump of all.
static SAMPLES: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    create_sample(&server, DATABASES[0]);
    for database in &DATABASES[1..] {
        server.create_database(database);
        server.sql(database, "CREATE TABLE t AS SELECT current_database()");
    }
    server
});

/// Cedar's own extension and ours leave the same: names, owner, and bytes but for the random key
/// of `\restrict` lines.
#[test]
fn the_same_files_as_cedars_own_extension() {
    for (mode, databases) in [
        ("none", &DATABASES[..]),
        ("gzip", &[]),
        ("bzip2", &DATABASES[..1]),
    ] {
        let [theirs, ours] = ["CedarBackup3.extend.postgresql", OURS].map(|module| {
            let site = site_with_action(module, mode, databases);
            let mut action = cback3(&site, &SAMPLES);
            action.arg("postgresql").run().succeeds();
            site
        });
        assert_eq!(ours.listing(), theirs.listing());
        assert_eq!(ours.listing().len(), databases.len().max(1));
        for name in ours.listing() {
            let [(their_owner, their_dump), (our_owner, our_dump)] =
                [&theirs, &ours].map(|site| opened(&site.collect_dir().join(&name)));
            assert_eq!(our_owner, their_owner, "{name}");
            assert!(our_dump == their_dump, "{name} differs in {mode}");
        }
    }
}

/// Owner, group and the text without its random keys.
fn opened(file: &Path) -> ((u32, u32), Vec<u8>) {
    let dump = unpacked(file).expect("its program takes it for whole");
    let metadata = fs::metadata(file).unwrap();
    ((metadata.uid(), metadata.gid()), without_keys(&dump))
}

fn run(site: &Site, actions: &[&str]) -> Output {
    cback3(site, server()).args(actions).run()
}

#[track_caller]
fn assert_logged(site: &Site, words: &str) {
    let log = fs::read_to_string(site.path("log")).unwrap();
    assert!(log.contains(words), "{log}");
}

fn modified(site: &Site, name: &str) -> SystemTime {
    let metadata = fs::metadata(site.collect_dir().join(name)).unwrap();
    metadata.modified().unwrap()
}

fn site_with_hook(kind: &str, database: &str) -> Site {
    let mut site = Site::new();
    let config = site.config().display().to_string();
    site.add_option(&format!(
        "<{kind}><action>collect</action>\
         <command>cback-postgresql -c {config}</command></{kind}>"
    ));
    site.configure("gzip", &[database]);
    site
}

fn site_with_action(module: &str, mode: &str, databases: &[&str]) -> Site {
    let mut site = if rustix::process::geteuid().is_root() {
        Site::owned_by("games", "backup")
    } else {
        Site::new()
    };
    site.add_section(&extension(module));
    site.configure(mode, databases);
    site
}
