//! Every system call that touches `collect_dir`: in what order they come, and what becomes of the
//! backup when one of them fails, or is the last one that its process makes.

use cback_tests::trace::{Call, calls, traced};
use cback_tests::{
    Finished, Job, Outcome, Run, SHELLS, Shell, Site, WholeDump, in_each_shell, server,
};
use std::collections::{BTreeMap, HashMap};
use std::process::Command;
use std::sync::LazyLock;

in_each_shell!(the_dump_is_on_the_disk_before_its_name_and_the_name_before_success);

const JOB: Job = Job::new("gzip", Some("postgres"));

/// What changes something, or makes it last.
const CALLS: &str = "trace=openat,write,fsync,fdatasync,fchown,chown,fchownat,\
                     rename,renameat,renameat2,mkdir,mkdirat,unlinkat,rmdir";

/// All that the script has to do with, by the names that it uses: each a group of its own, since
/// strace counts the calls of each process alone.
fn places(site: &Site, job: &Job) -> [Vec<String>; 7] {
    let collect = site.collect_dir().display().to_string();
    let work = format!("{collect}/.cback-postgresql");
    let (file, published) = (job.file_name(), job.file(site).display().to_string());
    [
        vec![collect, "..".to_owned()],
        vec![work.clone(), ".".to_owned(), ".cback-postgresql".to_owned()],
        vec![format!("{work}/1"), "1".to_owned()],
        vec![format!("{work}/1.said"), "1.said".to_owned()],
        vec![format!("{work}/finished"), "finished".to_owned()],
        vec![format!("{work}/pid"), "pid".to_owned()],
        vec![published, format!("../{file}")],
    ]
}

/// A run under strace, which looks at calls that name one of `place` or have it open.
fn strace(site: &Site, job: &Job, place: &[String], options: &[&str]) -> Command {
    let command = job.command(site, server());
    job.put_yesterdays(site);
    let mut all: Vec<_> = place.iter().flat_map(|path| ["-P", path]).collect();
    all.extend(["-e", CALLS]);
    all.extend(options);
    traced(&command, &site.path("calls"), &all)
}

/// Else a power cut could leave the new name on an empty file.
fn the_dump_is_on_the_disk_before_its_name_and_the_name_before_success(shell: Shell) {
    let (site, job) = (Site::new(), JOB.in_shell(shell));
    let place = places(&site, &job).concat();
    strace(&site, &job, &place, &[]).run().succeeds();
    let calls = calls(&site.path("calls"));
    let last = |name: &str, words: &str| {
        let is_it = |call: &Call| {
            let worked = !call.result.starts_with('-');
            worked && call.name.starts_with(name) && call.arguments.contains(words)
        };
        let found = calls.iter().rposition(is_it);
        found.unwrap_or_else(|| panic!("no {name} {words}: {calls:#?}"))
    };
    let order = [
        last("write", "/1>"),
        last("fsync", "/1>"),
        last("rename", &format!("{}\"", job.file_name())),
        last("fsync", &format!("<{}>", site.collect_dir().display())),
    ];
    assert!(order.is_sorted(), "{order:?} in {calls:#?}");
}

/// Every call of an undisturbed run: its place, its name, and which of those of its process it is.
static ALL_CALLS: LazyLock<Vec<(usize, String, usize)>> = LazyLock::new(|| {
    let calls_at = |place: usize| {
        let site = Site::new();
        let paths = &places(&site, &JOB)[place];
        strace(&site, &JOB, paths, &[]).run().succeeds();
        let mut counts = HashMap::new();
        for Call { name, pid, .. } in calls(&site.path("calls")) {
            *counts.entry((name, pid)).or_insert(0) += 1;
        }
        assert!(!counts.is_empty(), "nothing touches {place}");
        let mut most = BTreeMap::new();
        for ((name, _), count) in counts {
            let it = most.entry(name).or_insert(0);
            *it = count.max(*it);
        }
        let each = most
            .into_iter()
            .flat_map(|(name, most)| (1..=most).map(move |number| (place, name.clone(), number)));
        each.collect::<Vec<_>>()
    };
    (0..7).flat_map(calls_at).collect()
});

/// Has `fault` happen to a call, and looks at what has become of the backup.
fn outcome((place, name, number): &(usize, String, usize), fault: &str) -> (Site, Outcome) {
    let site = Site::new();
    let place = &places(&site, &JOB)[*place];
    let fault = format!("inject={name}:{fault}:when={number}");
    let outcome = end(&site, &mut strace(&site, &JOB, place, &["-e", &fault]));
    outcome.assert_safe(&format!("{fault} {place:?}"));
    (site, outcome)
}

fn end(site: &Site, command: &mut Command) -> Outcome {
    static WHOLE: LazyLock<WholeDump> = LazyLock::new(|| WholeDump::of(server(), JOB.database));
    Outcome::of_command(site, &WHOLE, &JOB.file(site), command)
}

#[test]
fn an_error_from_any_call_does_no_harm() {
    let mut failed = 0;
    for call in &*ALL_CALLS {
        let (_, outcome) = outcome(call, "error=EIO");
        match outcome.code() {
            Some(0) => {}
            Some(1) => failed += 1,
            _ => panic!("{call:?}: {outcome:?}"),
        }
    }
    assert!(failed >= 8, "only {failed} faults did anything");
}

#[test]
fn a_process_killed_at_any_call_does_no_harm() {
    for call in &*ALL_CALLS {
        let (site, outcome) = outcome(call, "signal=KILL");
        let is_fine = outcome.code().is_none_or(|code| code <= 1);
        assert!(is_fine, "{call:?}: {outcome:?}");
        let next = end(&site, &mut site.command(server(), SHELLS[0]));
        next.assert_succeeded(&format!("the run after {call:?}"));
        assert_eq!(site.listing(), [JOB.file_name()], "{call:?}");
    }
}
