//! Odd surroundings: no variables, strange locales and masks, closed descriptors, little of anything.

use cback_tests::{
    Finished, Job, Outcome, Published, Run, SHELLS, Shell, Site, WholeDump, as_user, copy_programs,
    in_background, in_each_shell, server, skipped_without_root, wait_for, wrapped,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::Duration;

in_each_shell!(odd_surroundings, next_to_no_environment);

const JOB: Job = Job::new("gzip", Some("Ünïcode"));

static WHOLE: LazyLock<WholeDump> = LazyLock::new(|| {
    server().create_database("Ünïcode");
    WholeDump::of(server(), JOB.database)
});

/// Words of sh before a command.
const SURROUNDINGS: &str = "umask 000;
umask 777; nice -n 19
LC_ALL=C
LC_ALL=xx_YY.nonsense
LC_ALL=tr_TR.UTF-8
LC_ALL=ja_JP.SJIS
exec <&-;
exec >&-;
exec 2>&-;
exec <&- >&-;
exec <&- >&- 2>&-;
exec >/dev/full 2>/dev/full;";

#[track_caller]
fn assert_whole(site: &Site, output: &Output, told: &str) {
    assert!(output.status.success(), "{told}: {output:?}");
    assert_eq!(site.listing(), [JOB.file_name()], "{told}");
    let file = JOB.file(site);
    assert_eq!(WHOLE.compare(&file), Published::New, "{told}");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600, "{told}");
}

/// "Published files: 0600 from their first byte", whatever the umask. No closed descriptor may become one of our
/// files: then messages would end up in a backup.
fn odd_surroundings(shell: Shell) {
    LazyLock::force(&WHOLE);
    for odd in SURROUNDINGS.lines() {
        let site = Site::new();
        let command = JOB.in_shell(shell).command(&site, server());
        let script = format!("{odd} \"$@\"");
        let output = wrapped(&["sh", "-c", &script, "sh"], &command).run();
        assert_whole(&site, &output, odd);
    }
}

/// A system's service manager, or `env -i`, starts it with nothing but where the server is.
fn next_to_no_environment(shell: Shell) {
    LazyLock::force(&WHOLE);
    let mut site = Site::new();
    let beside = site.path("installed");
    copy_programs(&beside, &beside);
    site.override_command("pg_dump", &server().bin().join("pg_dump"));
    JOB.configure(&site);
    let which = Command::new("which").arg(shell[0]).prints();
    let mut command = Command::new(which.trim_end());
    command.args(&shell[1..]);
    command.arg(beside.join("cback-postgresql"));
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
        let mut command = wrapped(&["prlimit", &limit, "--"], &JOB.command(&site, server()));
        JOB.put_yesterdays(&site);
        let mut child = in_background(&mut command);
        let outcome = Outcome::of(&site, &WHOLE, &JOB.file(&site), &mut child);
        outcome.assert_safe(&limit);
        codes.push(outcome.code());
    }
    assert_eq!(codes.last(), Some(&Some(0)), "{codes:?}");
}

/// A user without a name and without other processes.
const USER: u32 = 64_123;

/// A shell that cannot fork may die at any point. Some of them call that 2, which is wrong usage. "Any failure makes
/// the exit status 1, and every failure is named."
#[test]
fn few_processes() {
    if skipped_without_root("other processes of ours would count") {
        return;
    }
    LazyLock::force(&WHOLE);
    let mut codes = vec![];
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
            // Once a dump has begun, what is not done is named.
            let has_begun = said.contains("bytes, ") || said.contains("pgdump: ");
            let is_named = said.contains("\ncback-postgresql: not backed up: Ünïcode");
            let is_right = match (output.status.code(), published) {
                (Some(0), Published::New) => true,
                (Some(1), Published::Old) => !said.is_empty() && (is_named || !has_begun),
                (Some(1), Published::New) => !said.is_empty() && !is_named,
                _ => false,
            };
            assert!(is_right, "{told}");
            codes.push(output.status.code());
        }
    }
    let failed = codes.iter().filter(|it| **it == Some(1)).count();
    assert!(failed >= 6 && failed + 2 <= codes.len(), "{codes:?}");
}
