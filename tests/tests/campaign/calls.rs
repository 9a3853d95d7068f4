//! Every system call that touches `collect_dir`: in what order they come, and what becomes of the
//! backup when one of them fails, or is the last one that its process makes.

use cback_tests::trace::{Call, calls, traced};
use cback_tests::{
    Finished, Job, LIST, Outcome, Published, Run, SHELLS, Site, WholeDump, in_background, server,
};
use std::collections::HashMap;
use std::process::Command;
use std::sync::LazyLock;

const JOB: Job = Job::new("gzip", Some("postgres"));

/// Whatever changes something, or makes it last.
const CHANGES: &str = "open,fsync,fdatasync,chmod,fchmod,fchown,linkat,rename,renameat,renameat2,\
    mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rmdir,flock";

/// Calls, and the paths by which they are told from others: strace counts those of each process.
fn places(site: &Site) -> [(&'static str, Vec<String>); 3] {
    let collect = site.collect_dir().display().to_string();
    let opened = [&collect, "/proc/self/fd/9/", "."];
    let pipe = ["pipe", "/proc/self/fd/7"];
    [
        (CHANGES, vec![]),
        ("openat", opened.map(str::to_owned).into()),
        ("openat", pipe.map(str::to_owned).into()),
    ]
}

/// A run under strace, which looks at the calls of `place`.
fn strace(site: &Site, place: usize, options: &[&str]) -> Command {
    let command = JOB.command(site, server());
    JOB.put_yesterdays(site);
    let (calls, paths) = &places(site)[place];
    let calls = format!("trace={calls}");
    let mut all: Vec<_> = paths.iter().flat_map(|path| ["-P", path]).collect();
    all.extend(["-e", &calls]);
    all.extend(options);
    traced(&command, &site.path("calls"), &all)
}

/// "A backup file appears by rename, complete, fsynced": else a power cut could leave the new name on
/// an empty file.
#[test]
fn the_dump_is_on_the_disk_before_its_name_and_the_name_before_success() {
    let site = Site::new();
    strace(&site, 0, &[]).run().succeeds();
    let calls = calls(&site.path("calls"));
    let collect = site.collect_dir().display().to_string();
    let (unnamed, directory) = (format!("<{collect}/#"), format!("<{collect}>"));
    let renamed = format!("{}\"", JOB.file_name());
    let mut rest = calls.iter();
    for (name, words) in [
        ("fchmod", &*unnamed),
        ("fsync", &unnamed),
        ("linkat", ".cback-compress."),
        ("rename", &renamed),
        ("fchmod", &unnamed),
        ("fsync", &unnamed),
        ("linkat", LIST),
        ("fsync", &directory),
    ] {
        let is_it = |call: &Call| {
            let worked = !call.result.starts_with('-');
            worked && call.name.starts_with(name) && call.arguments.contains(words)
        };
        assert!(
            rest.any(is_it),
            "no {name} {words} in its place: {calls:#?}"
        );
    }
}

/// A call of an undisturbed run: its place, its name, and which of those of its process it is.
type Numbered = (usize, String, u32);

static ALL_CALLS: LazyLock<Vec<Numbered>> = LazyLock::new(|| (0..3).flat_map(calls_at).collect());

fn calls_at(place: usize) -> Vec<Numbered> {
    let site = Site::new();
    strace(&site, place, &[]).run().succeeds();
    let mut counts = HashMap::new();
    let mut numbered: Vec<_> = calls(&site.path("calls"))
        .into_iter()
        .map(|Call { name, pid, .. }| {
            let count = counts.entry((name.clone(), pid)).or_insert(0);
            *count += 1;
            (place, name, *count)
        })
        .collect();
    numbered.sort();
    numbered.dedup();
    assert!(!numbered.is_empty(), "nothing touches {place}");
    numbered
}

/// Has `fault` happen to each call, one a run, and has `look` look at what has become of it.
fn at_each_call(fault: &str, mut look: impl FnMut(&Site, Option<i32>, &str)) {
    // An open changes nothing: killed there, a process leaves what it leaves when it is killed before.
    let matters = |name: &str| fault.starts_with("error") || !name.starts_with("open");
    for (place, name, number) in ALL_CALLS.iter().filter(|(_, name, _)| matters(name)) {
        let site = Site::new();
        let fault = format!("inject={name}:{fault}:when={number}");
        let outcome = end(&site, &mut strace(&site, *place, &["-e", &fault]));
        let told = format!("{fault} {place}: {outcome:?}");
        outcome.assert_safe(&told);
        look(&site, outcome.code(), &told);
    }
}

fn end(site: &Site, command: &mut Command) -> Outcome {
    static WHOLE: LazyLock<WholeDump> = LazyLock::new(|| WholeDump::of(server(), JOB.database));
    Outcome::of(site, &WHOLE, &JOB.file(site), &mut in_background(command))
}

/// "A write error, a short write, a failed flush or close of data is a failure, never swallowed."
#[test]
fn an_error_from_any_call_does_no_harm() {
    let mut failed = 0;
    at_each_call("error=EIO", |_, code, told| {
        assert!([Some(0), Some(1)].contains(&code), "{told}");
        failed += i32::from(code == Some(1));
    });
    assert!(failed >= 8, "only {failed} faults did anything");
}

/// "Nothing is ever half published"; "what an earlier killed run left is removed".
#[test]
fn a_process_killed_at_any_call_does_no_harm() {
    at_each_call("signal=KILL", |site, code, told| {
        assert!(code.is_none_or(|code| code <= 1), "{told}");
        let next = end(site, &mut site.command(server(), SHELLS[0]));
        next.assert_ended(0, Published::New, &format!("the run after {told}"));
        assert_eq!(site.listing(), [JOB.file_name()], "{told}");
    });
}
