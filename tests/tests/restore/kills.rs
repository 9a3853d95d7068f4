//! "Signals, kills: the server has the whole database or none."

use crate::place::{Place, dump, packed};
use cback_tests::{
    Finished, Random, Run, SHELLS, Server, create_bulk, end_of, in_background, seeds,
};
use rustix::process::Signal;
use std::time::Instant;

/// One process of the restore, any of them, or all but the janitor, or the server's own backend.
#[test]
fn whatever_is_killed_at_whatever_moment_the_database_is_whole_or_none() {
    let source = Server::start();
    create_bulk(&source, "killed", 2000);
    let give = "CREATE ROLE owner_of_bulk; ALTER TABLE bulk OWNER TO owner_of_bulk";
    source.sql("killed", give);
    let dump = dump(&source, "killed");
    drop(source);
    let place = Place::new();
    place.put("x.gz", &packed(&dump, "gzip"));
    let arguments = ["--create-roles", "--into", "x", "x.gz"];
    let sum = "SELECT count(*), sum(length(md5)) FROM bulk";
    let before = place.state();
    let start = Instant::now();
    place.restores(&arguments);
    let (whole, right) = (start.elapsed(), place.server.sql("x", sum));
    let after = place.state();
    for seed in seeds(7) {
        place.sql("DROP DATABASE IF EXISTS x WITH (FORCE)");
        place.sql("DROP ROLE IF EXISTS owner_of_bulk");
        let mut random = Random::new(seed);
        let shell = random.choose(&SHELLS);
        let mut child = in_background(&mut place.command(shell, &arguments));
        std::thread::sleep(whole / 1000 * u32::try_from(random.below(1100)).unwrap());
        let signal = random.choose(&[Signal::KILL, Signal::KILL, Signal::TERM, Signal::INT]);
        let mut told = format!("seed {seed}, {shell:?}, {signal:?}");
        let mut is_early = false;
        if random.below(6) == 0 {
            told.push_str(" of the backend");
            place.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cback_restore%'");
        } else {
            let mut chosen = place.alive();
            // The janitor is there for the rest; before its exec it looks like the script.
            let alive = chosen.len();
            chosen.retain(|it| !it.line.contains("remove()"));
            is_early = chosen.len() == alive;
            if random.below(3) > 0 && !chosen.is_empty() {
                let index = random.below(chosen.len() as u64);
                chosen = vec![chosen.swap_remove(usize::try_from(index).unwrap())];
            }
            for process in &chosen {
                process.send(signal);
            }
            told = format!("{told} of {chosen:?}");
        }
        end_of(&mut child);
        if is_early {
            // "Else by the next run": one that finds fault with its operand.
            place.command(shell, &["none.gz"]).run().fails(1);
        }
        place.assert_clean();
        let is_there = "SELECT count(*) FROM pg_database WHERE datname = 'x'";
        if place.sql(is_there) == "1\n" {
            assert_eq!(place.server.sql("x", sum), right, "{told}");
            assert_eq!(place.state(), after, "{told}");
        } else {
            assert_eq!(place.state(), before, "{told}");
        }
    }
}
