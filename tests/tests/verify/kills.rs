//! "Nothing is left behind, whatever happens": kills at random moments.

use crate::backups::Backups;
use cback_tests::{Random, SHELLS, end_of, in_background, seeds, wait_for};
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// One process, any of them, or all at once: those in the box, the janitor, the script itself.
#[test]
fn whatever_is_killed_at_whatever_moment_nothing_is_left() {
    let (backups, _) = Backups::of_items();
    let start = Instant::now();
    backups.proves(&["--restore", "x.sql"]);
    let whole = start.elapsed();
    for seed in seeds(6) {
        let mut random = Random::new(seed);
        let shell = random.choose(&SHELLS);
        let others = [Signal::TERM, Signal::INT, Signal::HUP];
        let signal = if random.below(5) < 2 {
            Signal::KILL
        } else {
            random.choose(&others)
        };
        let mut child = in_background(&mut backups.command(shell, &["--restore", "x.sql"]));
        let mut chosen = Vec::new();
        if random.below(2) == 0 {
            std::thread::sleep(whole / 1000 * u32::try_from(random.below(1000)).unwrap());
            chosen = backups.alive();
        } else {
            // While a box is made, little is there yet that would end what has been started.
            let part = random.choose(&["setpriv", "unshare", "timeout", "bwrap"]);
            while chosen.is_empty() && child.try_wait().unwrap().is_none() {
                chosen = backups.alive();
                chosen.retain(|it| it.name == part && it.line.contains("bwrap"));
            }
            std::thread::sleep(Duration::from_millis(random.below(8)));
        }
        let all = random.below(5) == 0;
        if all {
            chosen = backups.alive();
        } else if !chosen.is_empty() {
            let index = random.below(chosen.len() as u64);
            chosen = vec![chosen.swap_remove(usize::try_from(index).unwrap())];
        }
        let has_janitor = backups
            .alive()
            .iter()
            .any(|it| it.line.contains("remove()"));
        for process in &chosen {
            process.send(signal);
        }
        let told = format!("seed {seed}, {shell:?}, {signal:?} to {chosen:?}");
        end_of(&mut child);
        wait_for(&told, Duration::from_secs(300), || {
            backups.alive().is_empty()
        });
        // Where what removes the directory is killed itself, or is not there yet, the next run has to do it, as below.
        let may_stay = all || !has_janitor || chosen.iter().any(|process| process.name == "rm");
        let left = backups.left();
        assert!(left.is_empty() || may_stay, "{told}: {left:?}");
    }
    backups.proves(&["--restore", "x.sql"]);
}

/// Kills the program that it stands for, and does its work when that is dead.
const ORPHAN: &str = r#"
exec 8<&0
{
    read -r _ _ _ first _ </proc/self/stat
    kill -s KILL $$
    while read -r _ _ _ parent _ </proc/self/stat && [ "$parent" = "$first" ]; do :; done
    exec "/usr/bin/${0##*/}" "$@" <&8 8<&-
} &
wait
"#;

/// PDEATHSIG is not sent if the parent died before it was asked for; bwrap's child asks last of all. One killed
/// before left a server that nobody ended, and a run that waited for it.
#[test]
fn what_is_killed_while_it_starts_leaves_nothing_that_goes_on() {
    for (program, status) in [("setpriv", ""), ("unshare", ""), ("bwrap", " (status 137)")] {
        let (backups, _) = Backups::of_items();
        backups.replace(program, ORPHAN);
        let reason = format!("the restore ended before its end, and nobody said why{status}\n");
        backups.refuses(&["--restore", "x.sql"], &reason);
    }
}
