//! Memory does not grow with the input, whatever it looks like.

use cback_tests::{Finished, Run, tool};
use std::process::Command;
use tempfile::NamedTempFile;

/// 24 megabytes into $0, a quarter of each of random bytes, hex digits, rows and zeros.
const INPUT: &str = r#"
for megabyte in $(seq 24); do
    head -c 256K /dev/urandom
    head -c 192K /dev/urandom | od -An -v -tx1 | head -c 256K
    seq -f '%.0f customer' "${megabyte}00000" "${megabyte}99999" | head -c 256K
    head -c 256K /dev/zero
done >"$0" 2>/dev/null
"#;

/// $0 as often as $1 says, as fast as it is read, into the rest, whose peak of memory is said.
const PIPE: &str =
    r#"for _ in $(seq "$1"); do cat "$0"; done | { shift && time -q -f %M "$@" >/dev/null; }"#;

/// "Memory is bounded by threads and block size, never by the input": `CBACK_CAMPAIGN_GIGABYTES` of it, else
/// megabytes, and half of it, with `CBACK_CAMPAIGN_THREADS`, else one and four.
#[test]
#[ignore = "gigabytes by hand; for megabytes see cback-compress's `limits`"]
#[allow(clippy::print_stdout)] // a table for whoever runs it
fn memory_is_bounded_by_threads_alone() {
    let variable = |name| Some(std::env::var(name).ok()?.parse::<usize>().expect(name));
    let times = variable("CBACK_CAMPAIGN_GIGABYTES").map_or(1, |it| it * 1024 / 48);
    let threads = variable("CBACK_CAMPAIGN_THREADS").map_or(vec![1, 4], |it| vec![it]);
    let input = NamedTempFile::new().unwrap();
    let mut sh = Command::new("sh");
    sh.args(["-c", INPUT]).arg(input.path()).run().succeeds();
    for (mode, each) in [("none", 0), ("gzip", 8), ("bzip2", 24)] {
        for threads in &threads {
            let [less, more] = [times, 2 * times].map(|times| {
                let mut pipe = Command::new("sh");
                pipe.args(["-c", PIPE]).arg(input.path());
                pipe.arg(times.to_string()).arg(tool("cback-compress"));
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
