//! The real cback3 runs the script: as a hook, as an extended action, and stages what it made.

use cback_tests::{
    Finished, HaltedRun, Random, Run, SHELLS, Server, Site, cback3, create_sample, end_of,
    extension, in_background, seeds, server, unpacked, without_keys,
};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::Duration;

const OURS: &str = "cback_postgresql";
const THEIRS: &str = "CedarBackup3.extend.postgresql";

/// "Every failure is named in the last lines of stderr, because that is what cback3 shows"; "raises `IOError` when it
/// fails", of which cback3 makes status 6. A hook that succeeds is typed in `installed`.
#[test]
fn a_failing_hook_or_action_is_a_failure_that_the_log_explains() {
    let mut hook = Site::new();
    let config = hook.config().display().to_string();
    hook.add_option(&format!(
        "<pre_action_hook><action>collect</action>\
         <command>cback-postgresql -c {config}</command></pre_action_hook>"
    ));
    hook.configure("gzip", &["missing"]);
    assert!(!run(&hook, "collect").status.success());
    assert!(hook.listing().is_empty(), "{:?}", hook.listing());
    let action = site_with_action(OURS, "gzip", &["missing", "postgres"]);
    run(&action, "postgresql").fails(6);
    assert_eq!(action.listing(), ["postgresqldump-postgres.txt.gz"]);
    let last = "cback-postgresql: not backed up: missing";
    let error = format!("[ERROR  ] Error executing backup: {last}");
    for (site, last) in [(&hook, last), (&action, &error)] {
        for words in ["FATAL:  database \"missing\" does not exist", last] {
            assert!(log(site).contains(words), "{}", log(site));
        }
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
    site.configure("none", &["postgres", "template1"]);
    site.run(server(), SHELLS[0]).succeeds();
    // The action's own sign, and names before and after those of whatever a run might leave, in any order.
    for name in ["cback.collect", "#", "00", "a", "zz", "~", ".a", ".z"] {
        fs::write(site.collect_dir().join(name), "collected").unwrap();
    }
    site
}

/// A local peer's `stage` ends at the first entry of `collect_dir` that is no regular file, with status 0
/// and its indicator written: what comes after it is not staged (Cedar Backup 3.9.2 and 3.12.0).
#[track_caller]
fn assert_stage_misses_nothing(site: &Site) {
    let collected = site.listing();
    run(site, "stage").succeeds();
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
    let configure = |site: &Site| site.configure("none", &["postgres", "template1"]);
    let mut run = HaltedRun::start(site_of_a_local_peer(), server(), SHELLS[0], 2, configure);
    assert_stage_misses_nothing(&run.site);
    run.signal(Signal::KILL);
    run.wait();
    assert_stage_misses_nothing(&run.site);
    for seed in seeds(3) {
        let site = site_of_a_local_peer();
        let mut random = Random::new(seed);
        let mut child = in_background(&mut site.command(server(), SHELLS[0]));
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
        let [theirs, ours] = [THEIRS, OURS].map(|module| {
            let site = site_with_action(module, mode, databases);
            let mut action = cback3(&site, &SAMPLES);
            action.arg("postgresql").run().succeeds();
            site
        });
        assert_eq!(ours.listing(), theirs.listing());
        assert_eq!(ours.listing().len(), databases.len().max(1));
        for name in ours.listing() {
            let [theirs, ours] = [&theirs, &ours].map(|site| {
                let file = site.collect_dir().join(&name);
                let metadata = fs::metadata(&file).unwrap();
                let dump = without_keys(&unpacked(&file).expect("a whole one"));
                ((metadata.uid(), metadata.gid()), dump)
            });
            assert_eq!(ours.0, theirs.0, "{name}");
            assert!(ours.1 == theirs.1, "{name} differs in {mode}");
        }
    }
}

/// One configuration for both: with `<separate>` and `<exclude>` Cedar's own extension still makes its one file.
#[test]
fn what_is_separate_for_us_is_one_file_for_cedar() {
    let server = Server::start();
    server.create_database("shop");
    server.create_database("scratch");
    let run = |module: &str| {
        let site = site_with_action(module, "gzip", &[]);
        site.configure_section(
            "<user>postgres</user><compress_mode>gzip</compress_mode><all>Y</all>\
             <separate>Y</separate><exclude>scratch</exclude>",
        );
        // A database that is gone has left it.
        fs::write(site.collect_dir().join("postgresqldump-old.txt"), "").unwrap();
        cback3(&site, &server).arg("postgresql").run().succeeds();
        site
    };
    let theirs = run(THEIRS);
    let names = ["postgresqldump-old.txt", "postgresqldump.txt.gz"];
    assert_eq!(theirs.listing(), names);
    let all = unpacked(&theirs.collect_dir().join(names[1])).unwrap();
    let all = String::from_utf8(all).unwrap();
    assert!(all.contains("\\connect scratch"));
    let ours = run(OURS);
    let names = [
        "postgresqldump-old.txt",
        "postgresqldump-postgres.txt.gz",
        "postgresqldump-shop.txt.gz",
        "postgresqldump-template1.txt.gz",
        "postgresqlglobals.txt.gz",
    ];
    assert_eq!(ours.listing(), names);
    let is_warned = |line: &str| line.contains("[WARNING]") && line.contains("postgresqldump-old");
    assert!(log(&ours).lines().any(is_warned), "{}", log(&ours));
}

fn run(site: &Site, action: &str) -> Output {
    cback3(site, server()).arg(action).run()
}

fn log(site: &Site) -> String {
    fs::read_to_string(site.path("log")).unwrap()
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
