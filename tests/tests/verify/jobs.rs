//! "`-j N`: files at a time, with the promises of one."

use crate::backups::{Backups, SAME};
use cback_tests::{
    Finished, Run, SHELLS, Shell, assert_has, assert_times, in_each_shell, wait_for,
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::Stdio;
use std::time::Duration;

in_each_shell!(several_at_a_time_prove_what_one_proves);

/// "The order of lines may differ; failures are named in the last lines."
fn several_at_a_time_prove_what_one_proves(shell: Shell) {
    let (backups, dump) = Backups::of_items();
    for number in 0..12 {
        let length = if number % 4 == 1 { 200 } else { dump.len() };
        backups.put(&format!("all/postgresqldump-{number}.txt"), &dump[..length]);
    }
    let [one, several] = ["1", "3"].map(|jobs| {
        let output = backups.command(shell, &["-j", jobs, "all"]).run();
        let said = output.fails(1);
        let last = said.split_once("not proven, 3 of 12:\n");
        let (_, last) = last.unwrap_or_else(|| panic!("{said}{}", output.printed()));
        [output.printed(), last.to_owned()].map(|text| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        })
    });
    assert_eq!((one[0].len(), one[1].len()), (9, 3), "{one:?}");
    assert_eq!(one, several);
    backups.assert_clean();
}

/// "Exit 0 only if all of it is proven": also where a part of the run is gone.
#[test]
fn a_part_that_is_killed_is_a_failure_that_ends_the_others() {
    let (backups, dump) = Backups::of_items();
    for number in 0..200 {
        backups.put(&format!("all/postgresqldump-{number}.txt"), &dump);
    }
    let mut command = backups.command(SHELLS[0], &["-j", "2", "-q", "all"]);
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut part = None;
    wait_for("a part has started", Duration::from_secs(300), || {
        let directories = fs::read_dir(backups.scratch()).unwrap();
        let mut files = directories.map(|it| it.unwrap().path().join("worker.2/pid"));
        let written = files.find_map(|it| fs::read_to_string(it).ok());
        part = written.and_then(|it| Pid::from_raw(it.trim_end().parse().ok()?));
        part.is_some()
    });
    kill_process(part.unwrap(), Signal::KILL).unwrap();
    let said = child.wait_with_output().unwrap().fails(1);
    assert_has(
        &said,
        "a part of it has ended with status 137, so not all is proven\n",
    );
    backups.assert_clean();
}

/// As where TMPDIR is full for a moment: nobody has the backup then, and it is not passed over.
#[test]
fn what_nobody_can_claim_is_a_failure() {
    let (backups, dump) = Backups::of_items();
    backups.put("y.sql", &dump);
    let mkdir = "[ \"$*\" = claims ] || exec /usr/bin/mkdir \"$@\"; ln -s nowhere claims";
    backups.replace("mkdir", mkdir);
    backups.refuses(&["-j", "2", "x.sql", "y.sql"], "so not all is proven\n");
}

/// "One cluster a run and version, made once and copied."
#[test]
fn several_restores_of_a_run_need_one_initdb() {
    let (backups, dump) = Backups::of_items();
    backups.put("y.sql", &dump);
    let log = backups.path("log");
    for program in ["cp", "mv"] {
        let log = log.display();
        let script = format!("echo \"$0 $*\" >>'{log}'\nexec /usr/bin/{program} \"$@\"");
        backups.replace(program, &script);
    }
    let printed = backups.proves(&["-j", "2", "--restore", "x.sql", "y.sql"]);
    assert_times(&printed, 2, SAME);
    let log = fs::read_to_string(log).unwrap();
    assert_times(&log, 1, "mv -T data/server ");
    assert_times(&log, 2, "cp -a --reflink=auto ");
}
