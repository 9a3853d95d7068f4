//! "Whose directory, whose file": root works in a directory that `backup_user` owns, and below one that
//! he may own, too.

use cback_tests::{
    Finished, Run, Shell, Site, as_user, in_each_shell, server, shim, skipped_without_root, wrapped,
};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

in_each_shell!(
    a_link_that_somebody_else_may_have_laid_is_refused_and_named,
    links_of_roots_own_lead_where_they_lead,
    what_lies_in_collect_dir_is_never_run,
    a_tmpdir_in_which_others_can_rename_is_refused,
);

/// Who owns what is hostile.
const SOMEBODY: u32 = 65_534;

const DUMP: &str = "postgresqldump-postgres.txt";

/// A site whose top directory, with `collect_dir` in it, somebody else owns, and a directory of root's.
fn hostile_site() -> (Site, TempDir) {
    let site = Site::with("none", &["postgres"]);
    let precious = TempDir::new().unwrap();
    fs::write(precious.path().join(DUMP), "precious").unwrap();
    chown(site.path(""), Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    (site, precious)
}

#[track_caller]
fn assert_untouched(precious: &TempDir) {
    let dump = fs::read(precious.path().join(DUMP)).unwrap();
    let number = fs::read_dir(precious).unwrap().count();
    assert_eq!((&*dump, number), (&b"precious"[..], 1));
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
    assert_untouched(&precious);
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
    assert_untouched(&precious);
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
    let tools = "awk cback-compress cback-pgconf cback-pgdump find flock id mkfifo mktemp nproc pg_dump rm sh stat sync";
    for tool in tools.split(' ') {
        shim(&site.collect_dir().join(tool), "touch \"$0 ran\"; exit 1");
    }
    let with_empty_word = ["sh", "-c", "PATH=:$PATH; exec \"$@\"", "sh"];
    let command = site.command(server(), shell);
    let mut command = wrapped(&with_empty_word, &command);
    command.current_dir("/").run().succeeds();
    let listing = site.listing();
    let have_run = listing.iter().any(|name| name.ends_with(" ran"));
    assert!(!have_run, "{listing:?}");
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
    assert_untouched(&precious);
}

/// "Published files: ... owned by `backup_user:backup_group` when root", who does not own the directory; its owner gives
/// nothing away.
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
    assert_untouched(&precious);
}
