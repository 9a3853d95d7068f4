//! "Everything that can be checked is checked before the first dump."

use cback_tests::{
    Finished, Run, Shell, Site, SmallDisk, as_user, in_each_shell, server, skipped_without_root,
};
use std::path::Path;
use std::process::Command;
use std::{fs, io};

in_each_shell!(
    what_cannot_be_backed_up_is_refused_before_the_first_dump,
    a_name_of_any_length_is_refused_before_the_first_dump,
    a_read_only_collect_dir_names_the_likely_cause,
);

/// How a site with a fault is made, and all that is said of it: TOP is its directory, CONFIG its
/// configuration, and `*` what is cback-pgconf's business.
type Refusal = (fn() -> Site, &'static str);

#[rustfmt::skip]
const REFUSALS: [Refusal; 12] = [
    (|| site(|it| fs::remove_dir(it.collect_dir())), "cback-postgresql: collect_dir TOP/collect: missing\n"),
    (|| site(|it| fs::remove_dir(it.collect_dir()).and_then(|()| fs::write(it.collect_dir(), ""))),
     "cback-postgresql: collect_dir TOP/collect: TOP/collect cannot be entered\n"),
    (|| site(|it| fs::create_dir(it.collect_dir().join(BACKUP))),
     "cback-postgresql: TOP/collect/postgresqldump-postgres.txt is a directory\n"),
    (|| with_pg_dump("/no-such-program"), "cback-postgresql: /no-such-program not found\n"),
    (|| with_pg_dump("/tmp"), "cback-postgresql: /tmp not found\n"),
    (|| with_pg_dump("/etc/passwd"), "cback-postgresql: /etc/passwd not found\n"),
    (|| Site::with("none", &["a/b", "a%2Fb"]), "cback-pgconf: CONFIG:* would share the file postgresqldump-a%2Fb.txt\n"),
    (|| site(|it| fs::remove_file(it.config())),
     "cback-pgconf: CONFIG: No such file or directory (os error 2)\n\
      cback-pgconf: hint: cback-pgconf --help shows a whole configuration\n"),
    // It would be read twice, by `check` and by `shell`.
    (|| site(|it| fs::remove_file(it.config()).map(|()| mkfifo(&it.config()))), "cback-postgresql: CONFIG is not a plain file\n"),
    (|| site(|it| fs::write(it.config(), "not XML")), "cback-pgconf: CONFIG:1:1: *\n"),
    (|| owned_by("no-such-user", "backup"), "cback-postgresql: backup_user no-such-user does not exist\n"),
    (|| owned_by("games", "no-such-group"), "cback-postgresql: backup_group no-such-group does not exist\n"),
];

/// The number of the last that matter to root alone.
const BY_ROOT: usize = 2;

const BACKUP: &str = "postgresqldump-postgres.txt";

/// One that could be backed up, but for what `damage` does.
fn site(damage: fn(&Site) -> io::Result<()>) -> Site {
    let site = Site::with("none", &["postgres"]);
    damage(&site).unwrap();
    site
}

fn mkfifo(path: &Path) {
    Command::new("mkfifo").arg(path).run().succeeds();
}

fn with_pg_dump(path: &str) -> Site {
    let mut site = Site::new();
    site.override_command("pg_dump", path.as_ref());
    site.configure("none", &["postgres"]);
    site
}

fn owned_by(user: &str, group: &str) -> Site {
    let site = Site::owned_by(user, group);
    site.configure("none", &["postgres"]);
    site
}

/// Asserts that a run says no more than `pattern`, so has begun no dump, and changes nothing.
#[track_caller]
fn assert_refused(site: &Site, shell: Shell, pattern: &str) {
    let listing = || site.collect_dir().is_dir().then(|| site.listing());
    let before = listing();
    let said = site.run(server(), shell).fails(1);
    let top = site.path("").display().to_string();
    let pattern = pattern.replace("CONFIG", "TOP/cback3.conf");
    let pattern = pattern.replace("TOP", top.trim_end_matches('/'));
    let is_as_expected = match pattern.split_once('*') {
        Some((start, end)) => said.starts_with(start) && said.ends_with(end),
        None => said == pattern,
    };
    let has_as_many_lines = said.lines().count() == pattern.lines().count();
    assert!(is_as_expected && has_as_many_lines, "{pattern}{said}");
    assert_eq!(before, listing(), "{pattern}");
}

fn what_cannot_be_backed_up_is_refused_before_the_first_dump(shell: Shell) {
    let is_root = !skipped_without_root("nobody else gives files away");
    let number = REFUSALS.len() - BY_ROOT * usize::from(!is_root);
    for (make, pattern) in &REFUSALS[..number] {
        assert_refused(&make(), shell, pattern);
    }
}

#[test]
fn without_root_nothing_is_given_away() {
    let site = owned_by("no-such-user", "no-such-group");
    let mut command = site.command(server(), &["sh"]);
    if rustix::process::geteuid().is_root() {
        site.give_to(65_534);
        command = as_user(65_534, &command);
    }
    command.run().succeeds();
    assert_eq!(site.listing(), [BACKUP]);
}

/// One may be longer than what the kernel lets through to a program: then a shell's printf fails, or
/// that of `/usr/bin`, and who knows what else.
fn a_name_of_any_length_is_refused_before_the_first_dump(shell: Shell) {
    for length in [64, 200_000] {
        let site = Site::with("none", &["postgres", &"x".repeat(length)]);
        let fault = format!(" has {length} bytes, and PostgreSQL's names at most 63\n");
        assert_refused(&site, shell, &format!("cback-pgconf: CONFIG:*{fault}"));
    }
}

fn a_read_only_collect_dir_names_the_likely_cause(shell: Shell) {
    if skipped_without_root("nobody else may mount") {
        return;
    }
    let site = site(|_| Ok(()));
    let disk = SmallDisk::mount(&site.collect_dir(), "ro,size=100k");
    let directory = site.collect_dir().display().to_string();
    let expected = format!(
        "cback-postgresql: collect_dir {directory} cannot be read and written to\n\
         cback-postgresql: hint: a systemd unit has to name it in ReadWritePaths= (systemctl edit)\n"
    );
    // As root, busybox notices when it begins.
    let said = disk.command(&site.command(server(), shell)).run().fails(1);
    assert!(said.starts_with(&expected), "{said}");
}
