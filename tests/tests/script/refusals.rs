//! "Everything that can be checked is checked before the first dump."

use cback_tests::{
    Finished, LIST, Run, Shell, Site, SmallDisk, in_each_shell, server, skipped_without_root,
};
use std::process::Command;
use std::{fs, io};

in_each_shell!(
    what_cannot_be_backed_up_is_refused_before_the_first_dump,
    a_read_only_collect_dir_names_the_likely_cause,
);

/// How a site with a fault is made, and all that is said of it: TOP is its directory, CONFIG its
/// configuration, and `*` what is cback-pgconf's business.
type Refusal = (fn() -> Site, &'static str);

#[rustfmt::skip]
const REFUSALS: [Refusal; 18] = [
    (|| site(|it| fs::remove_dir(it.collect_dir())), "cback-postgresql: collect_dir TOP/collect: missing\n"),
    (|| site(|it| fs::remove_dir(it.collect_dir()).and_then(|()| fs::write(it.collect_dir(), ""))),
     "cback-postgresql: collect_dir TOP/collect: TOP/collect cannot be entered\n"),
    (|| site(|it| fs::create_dir(it.collect_dir().join(BACKUP))),
     "cback-postgresql: TOP/collect/postgresqldump-postgres.txt is a directory\n"),
    (|| site(|it| fs::create_dir(it.collect_dir().join(LIST))),
     "cback-postgresql: TOP/collect/postgresqldump.sha256 is a directory\n"),
    (|| with_pg_dump("/no-such-program"), "cback-postgresql: /no-such-program not found\n"),
    (|| with_pg_dump("/tmp"), "cback-postgresql: /tmp not found\n"),
    (|| with_pg_dump("/etc/passwd"), "cback-postgresql: /etc/passwd not found\n"),
    (|| Site::with("none", &["a/b", "a%2Fb"]), "cback-pgconf: CONFIG:* would share the file postgresqldump-a%2Fb.txt\n"),
    (|| Site::with("none", &[&"x".repeat(64)]), "cback-pgconf: CONFIG:* has 64 bytes, and PostgreSQL's names at most 63\n"),
    // Longer than what the kernel lets through to a program: then a shell's printf fails, or that of /usr/bin.
    (|| Site::with("none", &[&"x".repeat(200_000)]), "cback-pgconf: CONFIG:* has 200000 bytes, and PostgreSQL's names at most 63\n"),
    (|| site(|it| { it.replace("mkfifo", "echo \"mkfifo: cannot create fifo 'pipe': Operation not permitted\" >&2; exit 1"); Ok(()) }),
     "cback-postgresql: no pipe can be made in *: Operation not permitted\n"),
    (|| site(|it| { it.replace("mktemp", "echo 'mktemp: failed: No space left on device' >&2; exit 1"); Ok(()) }),
     "cback-postgresql: nothing can be written in TMPDIR or /dev/shm: No space left on device\n"),
    (|| site(|it| {
        it.configure_section("<user>postgres</user><compress_mode>none</compress_mode><all>Y</all><separate>Y</separate>");
        it.replace("psql", "exit 2");
        Ok(())
     }), "cback-pgdump: *\ncback-postgresql: the server's databases cannot be listed, so nothing is backed up\n"),
    (|| site(|it| fs::remove_file(it.config())),
     "cback-pgconf: CONFIG: No such file or directory (os error 2)\n\
      cback-pgconf: hint: cback-pgconf --help shows a whole configuration\n"),
    // It would be read twice, by `check` and by `shell`.
    (|| site(|it| fs::remove_file(it.config()).and_then(|()| Command::new("mkfifo").arg(it.config()).status().map(drop))), "cback-postgresql: CONFIG is not a plain file\n"),
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

/// A run says no more, so has begun no dump, and changes nothing.
fn what_cannot_be_backed_up_is_refused_before_the_first_dump(shell: Shell) {
    let is_root = !skipped_without_root("nobody else gives files away");
    let number = REFUSALS.len() - BY_ROOT * usize::from(!is_root);
    for (make, pattern) in &REFUSALS[..number] {
        let site = make();
        let listing = || site.collect_dir().is_dir().then(|| site.listing());
        let before = listing();
        let said = site.run(server(), shell).fails(1);
        let top = site.path("").display().to_string();
        let pattern = pattern.replace("CONFIG", "TOP/cback3.conf");
        let pattern = pattern.replace("TOP", top.trim_end_matches('/'));
        let (start, end) = pattern.split_once('*').unwrap_or((&pattern, ""));
        let is_as_expected = said.starts_with(start) && said.ends_with(end);
        let has_as_many_lines = said.lines().count() == pattern.lines().count();
        assert!(is_as_expected && has_as_many_lines, "{pattern}{said}");
        assert_eq!(before, listing(), "{pattern}");
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
