//! Kills at random moments.

use crate::backups::{Backups, create_items, dump, packed};
use cback_tests::{Finished, Process, Random, SHELLS, in_background, seeds, server, wait_for};
use rustix::process::Signal;
use std::fs;
use std::time::{Duration, Instant};

/// One process, any of them, or all at once: those in the box, the janitor, the script itself.
#[test]
fn whatever_is_killed_at_whatever_moment_nothing_is_left() {
    create_items(server(), "killed");
    let backups = Backups::new();
    backups.put("x.gz", &packed(&dump(server(), Some("killed")), "gzip"));
    let start = Instant::now();
    backups.proves(&["--restore", "x.gz"]);
    let whole = start.elapsed();
    for seed in seeds(10) {
        let mut random = Random::new(seed);
        let shell = random.choose(&SHELLS);
        let signal = random.choose(&[
            Signal::KILL,
            Signal::KILL,
            Signal::TERM,
            Signal::INT,
            Signal::HUP,
        ]);
        let mut child = in_background(&mut backups.command(shell, &["--restore", "x.gz"]));
        std::thread::sleep(
            whole.mul_f64(f64::from(u32::try_from(random.below(1000)).unwrap()) / 1000.0),
        );
        let alive = backups.alive();
        let all = random.below(5) == 0;
        let chosen: Vec<&Process> = match alive.len() {
            0 => Vec::new(),
            _ if all => alive.iter().collect(),
            many => vec![&alive[usize::try_from(random.below(many as u64)).unwrap()]],
        };
        for process in &chosen {
            process.send(signal);
        }
        let told = format!("seed {seed}, {shell:?}, {signal:?} to {chosen:?}");
        wait_for(&told, Duration::from_secs(60), || {
            child.try_wait().unwrap().is_some()
        });
        wait_for(
            &format!("nothing runs, {told}"),
            Duration::from_secs(20),
            || backups.alive().is_empty(),
        );
        let left = fs::read_dir(backups.scratch()).unwrap().count();
        // Where what removes the directory is killed itself, the next run has to do it, as below.
        let may_stay = all || chosen.iter().any(|process| process.name == "rm");
        assert!(left == 0 || may_stay, "{told}: {:?}", backups.left());
    }
    let output = backups.run(&["--restore", "x.gz"]);
    output.succeeds();
    backups.assert_clean();
}
