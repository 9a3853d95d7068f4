//! "Whose directory, whose file": root works in a directory that `backup_user` owns, and below one that
//! he may own, too.

use cback_tests::{
    Finished, HaltedRun, Job, LIST, Run, Shell, Site, as_user, in_each_shell, server, shim,
    skipped_without_root, wrapped,
};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

in_each_shell!(
    a_link_that_somebody_else_may_have_laid_is_refused_and_named,
    links_of_roots_own_lead_where_they_lead,
    what_lies_in_collect_dir_is_never_run,
    only_regular_files_with_a_backups_name_are_ever_in_collect_dir,
    a_tmpdir_in_which_others_can_rename_is_refused,
    nothing_is_locked_by_its_name,
);

/// Who owns what is hostile.
const SOMEBODY: u32 = 65_534;

const DUMP: &str = "postgresqldump-postgres.txt";

/// A site whose top directory, with `collect_dir` in it, somebody else owns, and a directory of root's.
fn hostile_site() -> (Site, PathBuf) {
    let site = Site::with("none", &["postgres"]);
    let precious = tempfile::tempdir().unwrap().keep();
    fs::write(precious.join(DUMP), "precious").unwrap();
    fs::create_dir(precious.join(".cback-postgresql")).unwrap();
    chown(site.path(""), Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    (site, precious)
}

#[track_caller]
fn assert_untouched(precious: PathBuf) {
    assert_eq!(fs::read(precious.join(DUMP)).unwrap(), b"precious");
    assert_eq!(fs::read_dir(&precious).unwrap().count(), 2);
    fs::remove_dir_all(precious).unwrap();
}

fn a_link_that_somebody_else_may_have_laid_is_refused_and_named(shell: Shell) {
    if skipped_without_root("nobody else gives files away") {
        return;
    }
    let (site, precious) = hostile_site();
    let link = site.collect_dir();
    fs::remove_dir(&link).unwrap();
    for by in [SOMEBODY, 0] {
        symlink(&precious, &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(by), Some(by)).unwrap();
        for arguments in [&[][..], &["--dry-run"]] {
            let said = site.command(server(), shell).args(arguments).run().fails(1);
            let link = link.display();
            let expected = format!("{link}: {link} is a link that others may have laid\n");
            assert_eq!(said, format!("cback-postgresql: collect_dir {expected}"));
        }
        fs::remove_file(&link).unwrap();
    }
    assert_untouched(precious);
}

/// With each step looked at by its name alone, root is led astray within a few hundred runs.
#[test]
fn a_directory_that_is_exchanged_for_a_link_leads_nowhere() {
    if skipped_without_root("nobody else gives files away") {
        return;
    }
    let (site, precious) = hostile_site();
    let link = site.path("link");
    symlink(&precious, &link).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                renameat_with(CWD, &link, CWD, site.collect_dir(), RenameFlags::EXCHANGE).unwrap();
            }
        });
        for _ in 0..25 {
            site.run(server(), &["dash"]);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_untouched(precious);
}

fn links_of_roots_own_lead_where_they_lead(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    fs::create_dir_all(site.path("real/er")).unwrap();
    fs::rename(site.collect_dir(), site.path("real/collect")).unwrap();
    symlink("er/../collect/.", site.path("real/once")).unwrap();
    symlink(site.path("real/once"), site.collect_dir()).unwrap();
    site.run(server(), shell).succeeds();
    assert_eq!(site.listing(), [DUMP]);
    fs::remove_file(site.collect_dir()).unwrap();
    symlink("loop", site.path("loop")).unwrap();
    symlink("loop", site.collect_dir()).unwrap();
    site.run(server(), shell).fails(1);
}

/// A search path with an empty word in it means the current directory.
fn what_lies_in_collect_dir_is_never_run(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    let tools = "cback-compress cback-pgconf cback-pgdump flock id mkfifo mktemp nproc pg_dump rm rmdir \
                 sh stat sync";
    for tool in tools.split_whitespace() {
        shim(&site.collect_dir().join(tool), "touch \"$0.ran\"; exit 1");
    }
    let mut expected = site.listing();
    expected.extend([DUMP.to_owned()]);
    expected.sort();
    let with_empty_word = ["sh", "-c", "PATH=:$PATH; exec \"$@\"", "sh"];
    let command = site.command(server(), shell);
    let mut command = wrapped(&with_empty_word, &command);
    command.current_dir("/").run().succeeds();
    assert_eq!(site.listing(), expected);
}

/// "At no moment does anything but a regular file stand in `collect_dir`, and none that looks like a
/// finished backup and is not": also while a dump waits.
fn only_regular_files_with_a_backups_name_are_ever_in_collect_dir(shell: Shell) {
    let databases = ["postgres", "template1"];
    let names = databases.map(|it| Job::new("gzip", Some(it)).file_name());
    let site = Site::new();
    let collect_dir = site.collect_dir();
    let is_over = AtomicBool::new(false);
    let look = || {
        for entry in fs::read_dir(&collect_dir).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            let is_hidden = name.starts_with(".cback-compress.");
            let is_known = is_hidden || names.contains(&name) || name == LIST;
            assert!(is_known, "{name}");
            // One that got its name in the meantime has none to look at.
            let metadata = fs::symlink_metadata(entry.path());
            assert!(is_hidden || metadata.is_ok_and(|it| it.is_file()), "{name}");
        }
    };
    let looking = || (0..).take_while(|_| !is_over.load(Ordering::Relaxed));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| looking().map(|_| look()).count());
        let mut run = HaltedRun::start(site, server(), shell, 2, |site| {
            site.configure("gzip", &databases);
        });
        assert_eq!(run.site.listing(), [""; 0]);
        run.go_on().succeeds();
        run.site.run(server(), shell).succeeds();
        assert_eq!(run.site.listing(), names);
        is_over.store(true, Ordering::Relaxed);
        assert!(watcher.join().unwrap() > 10);
    });
}

/// Its owner could exchange the pipes in it, and have root's shell run what he writes to them.
fn a_tmpdir_in_which_others_can_rename_is_refused(shell: Shell) {
    if skipped_without_root("nobody else gives files away") {
        return;
    }
    let (site, precious) = hostile_site();
    let tmpdir = site.path("");
    let mut command = site.command(server(), shell);
    let said = command.env("TMPDIR", &tmpdir).run().fails(1);
    let reason = "(TMPDIR) is another account's, or others may exchange what is in it\n";
    assert!(said.ends_with(reason), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_untouched(precious);
}

/// flock(1) creates the file that it is given by name, follows a link to it, and waits for a FIFO.
fn nothing_is_locked_by_its_name(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    let tmpdir = site.path("tmp");
    fs::create_dir(&tmpdir).unwrap();
    site.replace(
        "flock",
        "for it; do case $it in -n | [0-9] | rm | -*) ;; *) echo \"flock $*\" >&2; exit 1 ;; esac; done\n\
         exec /usr/bin/flock \"$@\"",
    );
    let mut command = site.command(server(), shell);
    let said = command.env("TMPDIR", &tmpdir).run().succeeds();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(fs::read_dir(&tmpdir).unwrap().count(), 0);
}

/// "Published files: ... owned by `backup_user:backup_group` when root", who does not own the directory.
#[test]
fn backup_user_may_own_the_directory_above_collect_dir() {
    if skipped_without_root("nobody else gives files away") {
        return;
    }
    let (site, precious) = hostile_site();
    site.run(server(), &["sh"]).succeeds();
    let file = site.collect_dir().join(DUMP);
    assert_eq!(fs::metadata(file).unwrap().uid(), 0);
    let as_owner = &mut as_user(SOMEBODY, &site.command(server(), &["sh"]));
    site.give_to(SOMEBODY);
    as_owner.run().succeeds();
    assert_untouched(precious);
}
