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

/// Calls, and the paths by which they are told from others: strace counts those of each process.
fn places(site: &Site) -> [(&'static str, Vec<String>); 3] {
    let collect = site.collect_dir().display().to_string();
    [
        // Whatever changes something, or makes it last.
        (
            "open,fsync,fdatasync,chmod,fchmod,fchown,linkat,rename,renameat,renameat2,\
             mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rmdir,flock",
            vec![],
        ),
        (
            "openat",
            vec![collect, "/proc/self/fd/9/".to_owned(), ".".to_owned()],
        ),
        ("openat,write", vec!["finished".to_owned(), "1".to_owned()]),
    ]
}

/// A run under strace, which looks at the calls of `place`.
fn strace(site: &Site, job: &Job, place: usize, options: &[&str]) -> Command {
    let command = job.command(site, server());
    job.put_yesterdays(site);
    let (calls, paths) = &places(site)[place];
    let traced_calls = format!("trace={calls}");
    let mut all: Vec<_> = paths.iter().flat_map(|path| ["-P", path]).collect();
    all.extend(["-e", &traced_calls]);
    all.extend(options);
    traced(&command, &site.path("calls"), &all)
}

/// Else a power cut could leave the new name on an empty file.
fn the_dump_is_on_the_disk_before_its_name_and_the_name_before_success(shell: Shell) {
    let (site, job) = (Site::new(), JOB.in_shell(shell));
    strace(&site, &job, 0, &[]).run().succeeds();
    let calls = calls(&site.path("calls"));
    let collect = site.collect_dir().display().to_string();
    let last = |name: &str, words: &str| {
        let is_it = |call: &Call| {
            let worked = !call.result.starts_with('-');
            worked && call.name.starts_with(name) && call.arguments.contains(words)
        };
        let found = calls.iter().rposition(is_it);
        found.unwrap_or_else(|| panic!("no {name} {words}: {calls:#?}"))
    };
    let order = [
        last("fchmod", &format!("<{collect}/#")),
        last("fsync", &format!("<{collect}/#")),
        last("linkat", &format!("<{collect}>")),
        last("rename", &format!("{}\"", job.file_name())),
        last("fsync", &format!("<{collect}>")),
    ];
    assert!(order.is_sorted(), "{order:?} in {calls:#?}");
}

/// Every call of an undisturbed run: its place, its name, and which of those of its process it is.
static ALL_CALLS: LazyLock<Vec<(usize, String, usize)>> = LazyLock::new(|| {
    let calls_at = |place: usize| {
        let site = Site::new();
        strace(&site, &JOB, place, &[]).run().succeeds();
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
    (0..3).flat_map(calls_at).collect()
});

/// Has `fault` happen to a call, and looks at what has become of the backup.
fn outcome((place, name, number): &(usize, String, usize), fault: &str) -> (Site, Outcome) {
    let site = Site::new();
    let fault = format!("inject={name}:{fault}:when={number}");
    let outcome = end(&site, &mut strace(&site, &JOB, *place, &["-e", &fault]));
    outcome.assert_safe(&format!("{fault} {place}"));
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
