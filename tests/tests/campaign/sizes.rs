//! Memory does not grow with the input, whatever it looks like.

use cback_tests::{Finished, tool};
use std::process::Command;

/// $1 megabytes that never come again, a quarter of each of random bytes, hex digits, rows and zeros, into the rest.
const PIPE: &str = r#"
for megabyte in $(seq "$1"); do
    head -c 256K /dev/urandom
    head -c 192K /dev/urandom | od -An -v -tx1 | head -c 256K
    seq -f '%.0f customer' "${megabyte}00000" "${megabyte}99999" | head -c 256K
    head -c 256K /dev/zero
done 2>/dev/null | { shift && time -q -f %M "$@" >/dev/null; }
"#;

/// "Memory is bounded by threads and block size, never by the input": `CBACK_CAMPAIGN_GIGABYTES` of it, else
/// megabytes, and half of it, with `CBACK_CAMPAIGN_THREADS`, else one and four.
#[test]
#[allow(clippy::print_stdout)] // a table for whoever runs it
fn memory_is_bounded_by_threads_alone() {
    let variable = |name| Some(std::env::var(name).ok()?.parse::<usize>().expect(name));
    let megabytes = variable("CBACK_CAMPAIGN_GIGABYTES").map_or(48, |it| it * 1024);
    let threads = variable("CBACK_CAMPAIGN_THREADS").map_or(vec![1, 4], |it| vec![it]);
    for (mode, each) in [("none", 0), ("gzip", 8), ("bzip2", 24)] {
        for threads in &threads {
            let [less, more] = [megabytes / 2, megabytes].map(|megabytes| {
                let mut pipe = Command::new("sh");
                pipe.args(["-c", PIPE, "sh", &megabytes.to_string()]);
                pipe.arg(tool("cback-compress"));
                pipe.args(["--mode", mode, "--threads", &threads.to_string()]);
                let kilobytes = pipe.output().unwrap().succeeds();
                kilobytes.trim().parse::<usize>().unwrap() / 1024
            });
            let told = format!("{mode}, {threads} threads: {less} MiB, then {more}");
            println!("{told}");
            // All threads at once are seldom where each has its peak: it takes time to see it.
            let grows = more > less + less / 8 + 2;
            assert!(!grows && more <= 8 + each * threads, "{told}");
        }
    }
}
