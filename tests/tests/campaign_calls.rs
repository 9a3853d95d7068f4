//! Every system call that touches `collect_dir`: in what order they come, and what becomes of the
//! backup when one of them fails, or is the last one that its process makes.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::trace::{Call, calls, traced};
use cback_tests::verdict::{Published, Verdict, Yardstick, judge, put_yesterdays, start};
use cback_tests::{Contender, Job, SHELLS, Server, Site};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::LazyLock;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

const JOB: Job = Job {
    mode: "gzip",
    database: Some("postgres"),
    shell: SHELLS[0],
};

/// What changes something, or makes it last.
const CALLS: &str = "trace=openat,write,fsync,fdatasync,fchown,chown,fchownat,\
                     rename,renameat,renameat2,mkdir,mkdirat,unlinkat,rmdir";

/// All that the script has to do with, by the names that it uses: each a group of its own, since
/// strace counts the calls of each process alone.
fn places(site: &Site, job: &Job) -> [Vec<String>; 5] {
    let collect = site.collect_dir().display().to_string();
    let work = format!("{collect}/.cback-postgresql");
    let (file, published) = (job.file_name(), job.file(site).display().to_string());
    [
        vec![collect, "..".to_owned()],
        vec![work.clone(), ".".to_owned(), ".cback-postgresql".to_owned()],
        vec![format!("{work}/dump"), "dump".to_owned()],
        vec![format!("{work}/pid"), "pid".to_owned()],
        vec![published, format!("../{file}")],
    ]
}

/// A run under strace, which looks at calls that name one of `place` or have it open.
fn strace(site: &mut Site, job: &Job, place: &[String], options: &[&str]) -> Command {
    let command = Contender::Ours.command(site, &SERVER, job);
    put_yesterdays(site, job);
    let mut all: Vec<_> = place.iter().flat_map(|path| ["-P", path]).collect();
    all.extend(["-e", CALLS]);
    all.extend(options);
    traced(&command, &site.path("calls"), &all)
}

/// The calls of an undisturbed run.
fn undisturbed(job: &Job, place: usize) -> (Site, Vec<Call>) {
    let mut site = Site::new();
    let place = places(&site, job)[place].clone();
    let output = strace(&mut site, job, &place, &[]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let calls = calls(&site.path("calls"));
    (site, calls)
}

/// Else a power cut could leave the new name on an empty file.
#[test]
fn the_dump_is_on_the_disk_before_its_name_and_the_name_before_success() {
    for shell in SHELLS {
        let job = Job { shell, ..JOB };
        let mut site = Site::new();
        let place = places(&site, &job).concat();
        let output = strace(&mut site, &job, &place, &[]).output().unwrap();
        assert!(output.status.success(), "{shell:?}: {output:?}");
        let calls = calls(&site.path("calls"));
        let last = |name: &str, words: &str| {
            let is_it = |call: &Call| {
                let worked = !call.result.starts_with('-');
                worked && call.name.starts_with(name) && call.arguments.contains(words)
            };
            let found = calls.iter().rposition(is_it);
            found.unwrap_or_else(|| panic!("{shell:?}: no {name} {words}: {calls:#?}"))
        };
        let order = [
            last("write", "/dump>"),
            last("fsync", "/dump>"),
            last("rename", &format!("{}\"", job.file_name())),
            last("fsync", &format!("<{}>", site.collect_dir().display())),
        ];
        assert!(order.is_sorted(), "{shell:?}: {order:?} in {calls:#?}");
    }
}

/// Every call of an undisturbed run: its place, its name, and which of those of its process it is.
fn all_calls() -> Vec<(usize, String, usize)> {
    let mut all = Vec::new();
    for place in 0..5 {
        let (_, calls) = undisturbed(&JOB, place);
        let mut most = BTreeMap::new();
        for name in calls.iter().map(|call| &call.name) {
            let same = |it: &&Call| it.name == *name;
            let of = |pid| calls.iter().filter(same).filter(|it| it.pid == pid).count();
            let count = calls.iter().map(|call| of(call.pid.clone())).max();
            most.insert(name, count.unwrap_or(0));
        }
        assert!(!most.is_empty(), "nothing touches {place}");
        let each = |(name, most): (&String, usize)| {
            let name = name.clone();
            (1..=most).map(move |number| (place, name.clone(), number))
        };
        all.extend(most.into_iter().flat_map(each));
    }
    all
}

/// Has `fault` happen to a call, and looks at what has become of it.
fn struck((place, name, number): &(usize, String, usize), fault: &str) -> (Site, Verdict) {
    let mut site = Site::new();
    let place = places(&site, &JOB)[*place].clone();
    let fault = format!("inject={name}:{fault}:when={number}");
    let mut command = strace(&mut site, &JOB, &place, &["-e", &fault]);
    let verdict = look(&site, &mut command);
    assert_eq!(
        verdict.broken_promise(),
        None,
        "{fault} {place:?}: {verdict:?}"
    );
    (site, verdict)
}

fn look(site: &Site, command: &mut Command) -> Verdict {
    static YARDSTICK: LazyLock<Yardstick> = LazyLock::new(|| Yardstick::new(&SERVER, JOB.database));
    judge(site, &YARDSTICK, &JOB.file(site), &mut start(command))
}

#[test]
fn an_error_from_any_call_does_no_harm() {
    let mut failed = 0;
    for call in all_calls() {
        let (_, verdict) = struck(&call, "error=EIO");
        let code = verdict.status.unwrap().code();
        assert!(matches!(code, Some(0 | 1)), "{call:?}: {verdict:?}");
        failed += code.unwrap();
    }
    assert!(
        failed >= 8,
        "of all those faults only {failed} did anything"
    );
}

#[test]
fn a_process_killed_at_any_call_does_no_harm() {
    for call in all_calls() {
        let (site, verdict) = struck(&call, "signal=KILL");
        let status = verdict.status.unwrap();
        let is_fine = status.code().is_none_or(|code| code <= 1);
        assert!(is_fine, "{call:?}: {verdict:?}");
        let next = look(&site, &mut site.command(&SERVER, JOB.shell));
        assert!(next.status.unwrap().success(), "{call:?}, then {next:?}");
        assert_eq!(next.published, Published::New, "{call:?}, then {next:?}");
        assert_eq!(site.listing(), [JOB.file_name()], "{call:?}");
    }
}

/// Else it may say that the last backup is as it was when it is not.
#[test]
fn an_unknown_end_is_told_as_one() {
    let mut site = Site::new();
    let place = places(&site, &JOB)[0].clone();
    let mut command = strace(&mut site, &JOB, &place, &["-e", "inject=fsync:error=EIO"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    let line = "cback-postgresql: postgres: not backed up for certain, \
                the file is the last backup or the new one\n";
    assert!(said.contains(line), "{said}");
    assert!(!said.contains("as it was"), "{said}");
}
