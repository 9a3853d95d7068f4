//! How much memory it takes, at two threads: whatever the input is.

use crate::oracle::packed_by;
use crate::program::{noise, python, run, text};

/// Exit status and peak of resident memory, in KiB; not less than the 10 MB that Python takes.
fn tested(input: &[u8]) -> (i32, u64) {
    let program = "\
import resource, subprocess, sys
status = subprocess.run([sys.argv[1], '-t', '-p2'], stderr=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";
    let done = run(
        python(program).arg(env!("CARGO_BIN_EXE_cback-compress")),
        input,
    );
    let output = String::from_utf8(done.output).unwrap();
    let (status, memory) = output.trim().split_once(' ').unwrap();
    (status.parse().unwrap(), memory.parse().unwrap())
}

#[track_caller]
fn assert_takes(packed: &[u8], status: i32, most: u64) {
    let (ended, memory) = tested(packed);
    assert_eq!(ended, status);
    assert!(memory < most, "{memory} KiB");
}

#[test]
fn gzip() {
    assert_takes(&packed_by("gzip -c", &text(500_000)).repeat(100), 0, 16_384);
}

/// Blocks that unpack to 46 MB each.
#[test]
fn bzip2() {
    assert_takes(
        &packed_by("bzip2 -c", &text(2_000_000)).repeat(20),
        0,
        48_000,
    );
    assert_takes(
        &packed_by("bzip2 -c", &vec![0; 100_000_000]).repeat(3),
        0,
        64_000,
    );
}

#[test]
fn a_block_without_end() {
    let endless = noise(100_000_000, 4);
    for start in [&b"BZh91AY&SY"[..], b"BZh9"] {
        assert_takes(&[start, &endless].concat(), 1, 32_768);
    }
}
