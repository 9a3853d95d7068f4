//! Odd surroundings: no variables, strange locales and masks, closed descriptors, little of anything.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::verdict::{Published, Yardstick, judge, put_yesterdays, start};
use cback_tests::{Contender, Job, SHELLS, Server, Site, script, tool, wrapped};
use rustix::process::geteuid;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::{Command, Output};
use std::sync::LazyLock;

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::start();
    server.create_database(DATABASE);
    server
});

const DATABASE: &str = "Ünïcode";

/// A user without a name and without processes.
const IDLE: u32 = 64_123;

/// A run in `shell`, wrapped in `outer`, that has to end with a whole backup and nothing else.
fn succeeds(shell: &'static [&'static str], outer: &[&str]) {
    let job = Job {
        shell,
        ..Job::new("gzip", Some(DATABASE))
    };
    let mut site = Site::new();
    let command = Contender::Ours.command(&mut site, &SERVER, &job);
    let output = wrapped(outer, &command).output().unwrap();
    assert_whole(&site, &job, &output, &format!("{shell:?} {outer:?}"));
}

#[track_caller]
fn assert_whole(site: &Site, job: &Job, output: &Output, told: &str) {
    assert!(output.status.success(), "{told}: {output:?}");
    assert_eq!(site.listing(), [job.file_name()], "{told}");
    let file = job.file(site);
    let yardstick = Yardstick::new(&SERVER, job.database);
    assert_eq!(yardstick.measure(&file), Published::New, "{told}");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600, "{told}");
}

#[test]
fn any_umask() {
    for shell in SHELLS {
        for umask in ["000", "777"] {
            let with_umask = format!("umask {umask}; exec \"$@\"");
            succeeds(shell, &["sh", "-c", &with_umask, "sh"]);
        }
    }
}

#[test]
fn any_locale() {
    for shell in SHELLS {
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
}

/// None of them may become one of our files: then messages would end up in a backup.
#[test]
fn any_descriptor_closed() {
    for shell in SHELLS {
        for closed in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"] {
            let closing = format!("exec \"$@\" {closed}");
            succeeds(shell, &["sh", "-c", &closing, "sh"]);
        }
    }
}

#[test]
fn full_outputs() {
    for shell in SHELLS {
        let full = "exec \"$@\" >/dev/full 2>/dev/full";
        succeeds(shell, &["sh", "-c", full, "sh"]);
    }
}

#[test]
fn deep_down_the_queue() {
    succeeds(SHELLS[0], &["nice", "-n", "19"]);
}

/// As a system's service manager or `env -i` starts it: nothing but where the server is.
#[test]
fn next_to_no_environment() {
    for shell in SHELLS {
        let mut site = Site::new();
        let beside = site.path("installed");
        fs::create_dir(&beside).unwrap();
        symlink(script("cback-postgresql"), beside.join("cback-postgresql")).unwrap();
        for name in ["cback-pgconf", "cback-pgdump", "cback-compress"] {
            symlink(tool(name), beside.join(name)).unwrap();
        }
        site.override_command("pg_dump", &SERVER.bin().join("pg_dump"));
        let job = Job::new("gzip", Some(DATABASE));
        site.configure(job.mode, &[DATABASE]);
        let which = Command::new("which").arg(shell[0]).output().unwrap();
        let program = String::from_utf8(which.stdout).unwrap();
        let mut command = Command::new(program.trim_end());
        command
            .args(&shell[1..])
            .arg(beside.join("cback-postgresql"));
        command.arg("--config").arg(site.config());
        let output = command.env_clear().env("PGHOST", SERVER.host()).output();
        assert_whole(&site, &job, &output.unwrap(), &format!("{shell:?}"));
    }
}

/// It may fail for want of them, but not lie.
#[test]
fn few_descriptors() {
    let yardstick = Yardstick::new(&SERVER, Some(DATABASE));
    let job = Job::new("gzip", Some(DATABASE));
    let mut codes = vec![];
    for limit in (3..=11)
        .chain([13, 16, 32])
        .map(|most| format!("--nofile={most}"))
    {
        let mut site = Site::new();
        put_yesterdays(&site, &job);
        let command = Contender::Ours.command(&mut site, &SERVER, &job);
        let mut command = wrapped(&["prlimit", &limit, "--"], &command);
        let verdict = judge(
            &site,
            &yardstick,
            &job.file(&site),
            &mut start(&mut command),
        );
        assert_eq!(verdict.broken_promise(), None, "{limit}: {verdict:?}");
        codes.push(verdict.status.unwrap().code());
    }
    assert_eq!(codes.last(), Some(&Some(0)), "{codes:?}");
}

/// A shell that cannot fork may die at any point. Some of them call that 2, which is wrong usage.
#[test]
fn few_processes() {
    if !geteuid().is_root() {
        return; // we have processes of our own
    }
    let yardstick = Yardstick::new(&SERVER, Some(DATABASE));
    let (mut failed, mut succeeded) = (0, 0);
    // bash and mksh try again for many seconds each time.
    for shell in SHELLS
        .into_iter()
        .filter(|shell| ["dash", "busybox"].contains(&shell[0]))
    {
        for most in (1..=9).chain([30]) {
            let job = Job {
                shell,
                ..Job::new("gzip", Some(DATABASE))
            };
            let mut site = Site::new();
            let command = Contender::Ours.command(&mut site, &SERVER, &job);
            put_yesterdays(&site, &job);
            for path in [site.collect_dir(), site.config(), job.file(&site)] {
                chown(path, Some(IDLE), Some(IDLE)).unwrap();
            }
            let (user, group) = (format!("--reuid={IDLE}"), format!("--regid={IDLE}"));
            let limit = format!("--nproc={most}");
            let mut idle = vec!["setpriv", &user, &group, "--clear-groups", "--"];
            idle.extend(["prlimit", &limit, "--"]);
            let output = wrapped(&idle, &command).output().unwrap();
            let published = yardstick.measure(&job.file(&site));
            let told = format!("{shell:?}, {most} processes: {published:?}, {output:?}");
            match output.status.code() {
                Some(0) => {
                    assert_eq!(published, Published::New, "{told}");
                    succeeded += 1;
                }
                Some(1) => {
                    assert_eq!(published, Published::Old, "{told}");
                    assert!(!output.stderr.is_empty(), "{told}");
                    failed += 1;
                }
                _ => panic!("{told}"),
            }
        }
    }
    assert!(failed >= 6 && succeeded >= 2, "{failed}, {succeeded}");
}
