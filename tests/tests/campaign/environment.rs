//! Odd surroundings: no variables, strange locales and masks, closed descriptors, little of anything.

use cback_tests::{
    Finished, Job, Outcome, Published, Run, SHELLS, Shell, Site, WholeDump, as_user, copy_programs,
    in_each_shell, server, skipped_without_root, wait_for, wrapped,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::Duration;

in_each_shell!(
    any_umask,
    any_locale,
    any_descriptor_closed,
    full_outputs,
    next_to_no_environment,
);

const JOB: Job = Job::new("gzip", Some("Ünïcode"));

static WHOLE: LazyLock<WholeDump> = LazyLock::new(|| {
    server().create_database("Ünïcode");
    WholeDump::of(server(), JOB.database)
});

/// A run, wrapped in `outer`, that has to end with a whole backup and nothing else.
fn succeeds(shell: Shell, outer: &[&str]) {
    LazyLock::force(&WHOLE);
    let site = Site::new();
    let command = JOB.in_shell(shell).command(&site, server());
    let output = wrapped(outer, &command).run();
    assert_whole(&site, &output, &format!("{outer:?}"));
}

#[track_caller]
fn assert_whole(site: &Site, output: &Output, told: &str) {
    assert!(output.status.success(), "{told}: {output:?}");
    assert_eq!(site.listing(), [JOB.file_name()], "{told}");
    let file = JOB.file(site);
    assert_eq!(WHOLE.compare(&file), Published::New, "{told}");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600, "{told}");
}

fn any_umask(shell: Shell) {
    for umask in ["000", "777"] {
        let with_umask = format!("umask {umask}; exec \"$@\"");
        succeeds(shell, &["sh", "-c", &with_umask, "sh"]);
    }
}

fn any_locale(shell: Shell) {
    for locale in [
        "C",
        "xx_YY.nonsense",
        "tr_TR.UTF-8",
        "ja_JP.SJIS",
        "C.UTF-8",
    ] {
        let (all, language) = (format!("LC_ALL={locale}"), format!("LANG={locale}"));
        succeeds(shell, &["env", &all, &language]);
    }
}

/// None of them may become one of our files: then messages would end up in a backup.
fn any_descriptor_closed(shell: Shell) {
    for closed in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"] {
        let closing = format!("exec \"$@\" {closed}");
        succeeds(shell, &["sh", "-c", &closing, "sh"]);
    }
}

fn full_outputs(shell: Shell) {
    let full = "exec \"$@\" >/dev/full 2>/dev/full";
    succeeds(shell, &["sh", "-c", full, "sh"]);
}

#[test]
fn deep_down_the_queue() {
    succeeds(SHELLS[0], &["nice", "-n", "19"]);
}

/// As a system's service manager or `env -i` starts it: nothing but where the server is.
fn next_to_no_environment(shell: Shell) {
    LazyLock::force(&WHOLE);
    let mut site = Site::new();
    let beside = site.path("installed");
    copy_programs(&beside, &beside);
    site.override_command("pg_dump", &server().bin().join("pg_dump"));
    JOB.configure(&site);
    let which = Command::new("which").arg(shell[0]).run();
    let mut command = Command::new(which.printed().trim_end());
    command
        .args(&shell[1..])
        .arg(beside.join("cback-postgresql"));
    command.arg("--config").arg(site.config());
    let output = command.env_clear().env("PGHOST", server().host()).run();
    assert_whole(&site, &output, "env -i");
}

/// It may fail for want of them, but not lie.
#[test]
fn few_descriptors() {
    LazyLock::force(&WHOLE);
    let mut codes = vec![];
    for most in (3..=11).chain([13, 16, 32]) {
        let limit = format!("--nofile={most}");
        let site = Site::new();
        JOB.put_yesterdays(&site);
        let mut command = wrapped(&["prlimit", &limit, "--"], &JOB.command(&site, server()));
        let outcome = Outcome::of_command(&site, &WHOLE, &JOB.file(&site), &mut command);
        outcome.assert_safe(&limit);
        codes.push(outcome.code());
    }
    assert_eq!(codes.last(), Some(&Some(0)), "{codes:?}");
}

/// A user without a name and without other processes.
const USER: u32 = 64_123;

/// A shell that cannot fork may die at any point. Some of them call that 2, which is wrong usage.
#[test]
fn few_processes() {
    if skipped_without_root("other processes of ours would count") {
        return;
    }
    LazyLock::force(&WHOLE);
    let (mut failed, mut succeeded) = (0, 0);
    // Not bash, which tries again for many seconds each time.
    for shell in [SHELLS[0], SHELLS[3]] {
        for most in (1..=16).chain([40]) {
            let site = Site::with("gzip", &["Ünïcode", "template1"]);
            JOB.put_yesterdays(&site);
            site.give_to(USER);
            let mut command = site.command(server(), shell);
            command.args(["--jobs", "4"]);
            let limited = wrapped(&["prlimit", &format!("--nproc={most}"), "--"], &command);
            let output = as_user(USER, &limited).run();
            let (published, said) = (WHOLE.compare(&JOB.file(&site)), output.said());
            let told = format!("{shell:?}, {most} processes, {published:?}: {output:?}");
            wait_for(&told, Duration::from_secs(60), || {
                site.processes().is_empty()
            });
            match output.status.code() {
                Some(0) => {
                    assert_eq!(published, Published::New, "{told}");
                    succeeded += 1;
                }
                Some(1) => {
                    let is_safe = [Published::Old, Published::New].contains(&published);
                    assert!(is_safe && !said.is_empty(), "{told}");
                    // Once a dump has begun, what is not done is named.
                    let has_begun = said.contains("bytes, ") || said.contains("pgdump: ");
                    let named = said.split("\ncback-postgresql: not backed up: ").nth(1);
                    let is_named = named.is_some_and(|it| it.starts_with("Ünïcode"));
                    assert!(
                        !has_begun || is_named == (published == Published::Old),
                        "{told}"
                    );
                    failed += 1;
                }
                _ => panic!("{told}"),
            }
        }
    }
    assert!(failed >= 6 && succeeded >= 2, "{failed}, {succeeded}");
}
