//! The real cback3 runs the script: as a hook, as an extended action, and stages what it made.

use cback_tests::{
    Finished, HaltedRun, Run, Server, Site, cback3, create_sample, extension, server, unpacked,
    without_keys,
};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::SystemTime;

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
fn a_failing_hook_is_a_failure_that_the_log_explains() {
    let site = site_with_hook("pre_action_hook", "missing");
    assert!(!run(&site, &["collect"]).status.success());
    assert_logged(&site, "database \"missing\" does not exist");
    assert_logged(&site, "cback-postgresql: not backed up: missing");
    assert!(site.listing().is_empty(), "{:?}", site.listing());
}

#[test]
fn as_an_extended_action_alone() {
    let site = site_with_action(OURS, "gzip", &["postgres"]);
    run(&site, &["postgresql"]).succeeds();
    assert_eq!(site.listing(), [DUMP]);
    assert_logged(&site, "[INFO   ] cback-postgresql: postgres: ");
}

#[test]
fn as_an_extended_action_after_collect() {
    let site = site_with_action(OURS, "gzip", &["postgres"]);
    run(&site, &["postgresql", "collect"]).succeeds();
    assert!(modified(&site, DUMP) >= modified(&site, "cback.collect"));
}

#[test]
fn a_failing_action_has_status_6_and_the_log_has_the_servers_words() {
    let site = site_with_action(OURS, "gzip", &["missing", "postgres"]);
    run(&site, &["postgresql"]).fails(6);
    assert_logged(&site, "FATAL:  database \"missing\" does not exist");
    let error = "[ERROR  ] Error executing backup: cback-postgresql: not backed up: missing";
    assert_logged(&site, error);
    assert_eq!(site.listing(), [DUMP]);
}

#[test]
fn overrides_are_honoured() {
    for (program, databases) in [("pg_dump", &["postgres"][..]), ("pg_dumpall", &[])] {
        let mut site = site_with_action(OURS, "none", databases);
        let real = server().bin().join(program).display().to_string();
        let shim = site.shim("shim", &format!("touch \"$0-ran\"; exec '{real}' \"$@\""));
        site.override_command(program, &shim);
        site.configure("none", databases);
        run(&site, &["postgresql"]).succeeds();
        assert!(site.path("shim-ran").exists(), "{program}");
    }
}

#[test]
fn stage_copies_the_dumps_and_nothing_of_a_running_backup() {
    let mut site = Site::new();
    let (stage, collect) = (site.path("stage"), site.collect_dir());
    site.add_section(&format!(
        "<stage><staging_dir>{}</staging_dir><peer><name>here</name><type>local</type>\
         <collect_dir>{}</collect_dir></peer></stage>",
        stage.display(),
        collect.display()
    ));
    site.configure("none", &["postgres"]);
    run(&site, &["collect"]).succeeds();
    site.run(server(), &["sh"]).succeeds();
    let name = "postgresqldump-postgres.txt";
    let first_night = site.backup(name);

    let configure = |site: &Site| site.configure("none", &["postgres"]);
    let mut second = HaltedRun::start(site, server(), &["sh"], 1, configure);
    run(&second.site, &["stage"]).succeeds();
    second.go_on().succeeds();

    let mut find = Command::new("find");
    let staged = find.arg(&stage).args(["-type", "f"]).prints();
    let is_dump = |path: &&str| path.contains("postgresql");
    let dumps: Vec<_> = staged.lines().filter(is_dump).collect();
    assert_eq!(dumps.len(), 1, "{staged}");
    assert!(dumps[0].ends_with(&format!("/{name}")), "{staged}");
    assert_eq!(fs::read(dumps[0]).unwrap(), first_night);
}

const DATABASES: [&str; 3] = ["shop", "Ünïcode and spaces", "100%"];

/// One of its own: other tests' databases would change the dump of all.
static SAMPLES: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    for database in DATABASES {
        create_sample(&server, database);
    }
    server
});

/// Cedar's own extension and ours leave the same: names, owner, and bytes but for the random key
/// of `\restrict` lines.
fn the_same_files_as_cedars_own_extension(mode: &str) {
    for databases in [&DATABASES[..], &[]] {
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

#[test]
fn the_same_plain_files_as_cedars_own_extension() {
    the_same_files_as_cedars_own_extension("none");
}

#[test]
fn the_same_gzip_files_as_cedars_own_extension() {
    the_same_files_as_cedars_own_extension("gzip");
}

#[test]
fn the_same_bzip2_files_as_cedars_own_extension() {
    the_same_files_as_cedars_own_extension("bzip2");
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
