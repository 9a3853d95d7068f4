//! What other programs have packed, alone and one after the other.

use std::process::Command;

use crate::oracle::{packed_by, unpacked};
use crate::program::{compress, compressed, hexadecimal, noise, python, run, text};

fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", vec![]),
        ("a byte", vec![b'x']),
        ("a little", text(1024)),
        ("text", text(1_500_000)),
        ("digits", hexadecimal(600_000)),
        ("noise", noise(250_001, 1)),
        ("a run", vec![b'r'; 12_000_000]),
        (
            "runs",
            text(20_000)
                .iter()
                .flat_map(|&byte| vec![byte; 200])
                .collect(),
        ),
    ]
}

#[track_caller]
fn assert_unpacks(packed: &[u8], data: &[u8], what: &str) {
    for threads in [1, 3] {
        let (result, output) = unpacked(packed, threads);
        assert!(result.is_ok(), "{what}: {result:?}");
        assert!(output == data, "{what}: other data");
    }
}

#[track_caller]
fn assert_all_unpack(packers: &[&str]) {
    for (name, data) in inputs() {
        for packer in packers {
            let packed = packed_by(packer, &data);
            assert_unpacks(&packed, &data, &format!("{name} by {packer}"));
            if data.len() < 100_000 {
                let (packed, data) = (packed.repeat(3), data.repeat(3));
                assert_unpacks(&packed, &data, &format!("{name} by {packer}, three times"));
            }
        }
    }
}

#[test]
fn gzip_of_every_level() {
    let levels = ["-1", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9"];
    let packers = levels.map(|level| format!("gzip -c {level}"));
    assert_all_unpack(&packers.each_ref().map(|line| &**line));
}

#[test]
fn gzip_s_relatives() {
    assert_all_unpack(&[
        "gzip -c --rsyncable",
        "pigz -c -p2",
        "pigz -c -i -b128",
        "pigz -c -R -9",
        "pigz -c -0",
        "pigz -c -H",
        "pigz -c -U -1",
        "busybox gzip -c",
        "7z a -si -so -tgzip -an dummy",
    ]);
}

/// Not on every machine: Debian's `tabix`, `isal`, `zopfli`, `libdeflate-tools`.
#[test]
fn gzip_s_rarer_relatives() {
    for packer in ["bgzip -c -@2", "igzip -c -3", "libdeflate-gzip -c -12"] {
        let program = packer.split(' ').next().unwrap();
        if Command::new(program).arg("--help").output().is_ok() {
            assert_all_unpack(&[packer]);
        } else {
            eprintln!("skipped: there is no {program}");
        }
    }
}

#[test]
fn zopfli() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for data in [text(70_000), vec![], noise(1000, 1)] {
        std::fs::write(&file, &data).unwrap();
        let Ok(done) = Command::new("zopfli")
            .args(["-c", "--i3"])
            .arg(file.path())
            .output()
        else {
            eprintln!("skipped: there is no zopfli");
            return;
        };
        assert_unpacks(&done.stdout, &data, "zopfli");
    }
}

/// A name, a comment, an extra field, a checksum of the header: all that RFC 1952 has.
#[test]
fn gzip_headers_of_all_kinds() {
    let program = "\
import sys, struct, zlib, itertools
data = sys.stdin.buffer.read()
deflated = zlib.compress(data, 6, -15)
for flags in range(32):
    head = bytes([31, 139, 8, flags]) + b'timeXO'
    if flags & 4: head += struct.pack('<H', 300) + bytes(range(250)) + bytes(50)
    if flags & 8: head += b'a name\\0'
    if flags & 16: head += b'a comment' * 999 + b'\\0'
    if flags & 2: head += struct.pack('<H', zlib.crc32(head) & 0xffff)
    sys.stdout.buffer.write(head + deflated + struct.pack('<II', zlib.crc32(data), len(data)))
";
    let data = text(10_000);
    let packed = run(&mut python(program), &data).output;
    assert_unpacks(&packed, &data.repeat(32), "headers");
}

#[test]
fn bzip2_of_every_level() {
    let levels = ["-1", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9"];
    let packers = levels.map(|level| format!("bzip2 -c {level}"));
    assert_all_unpack(&packers.each_ref().map(|line| &**line));
}

#[test]
fn bzip2_s_relatives() {
    assert_all_unpack(&[
        "lbzip2 -c -n2",
        "pbzip2 -c -p2 -b2",
        "7z a -si -so -tbzip2 -an dummy",
    ]);
}

#[test]
fn pythons_modules() {
    for (name, data) in inputs() {
        for module in ["gzip", "bz2"] {
            let program = format!(
                "import sys, {module}\n\
                 sys.stdout.buffer.write({module}.compress(sys.stdin.buffer.read()))"
            );
            let packed = run(&mut python(&program), &data).output;
            assert_unpacks(&packed, &data, &format!("{name} by {module}"));
        }
    }
}

/// pbzip2 and `cat` put streams of any level one after the other.
#[test]
fn streams_of_several_levels() {
    let data = text(400_000);
    let mut packed = Vec::new();
    for level in [9, 1, 5, 2, 1] {
        packed.extend(packed_by(&format!("bzip2 -c -{level}"), &data));
        packed.extend(packed_by("bzip2 -c", b""));
    }
    assert_unpacks(&packed, &data.repeat(5), "levels");
}

#[test]
fn what_we_packed() {
    for (name, data) in inputs() {
        for mode in ["gzip", "bzip2"] {
            let packed = compressed(&["-m", mode], &data);
            for unpack in ["-d", "-dp1", "-dp7"] {
                assert!(
                    compressed(&[unpack], &packed) == data,
                    "{name}, {mode}, {unpack}"
                );
            }
            assert_eq!(compressed(&["-t"], &packed), b"", "{name}, {mode}");
        }
    }
}

/// An input's bytes may arrive one by one.
#[test]
fn an_input_that_arrives_in_pieces() {
    let data = text(150_000);
    for packer in ["gzip -c", "bzip2 -c -1"] {
        let packed = packed_by(packer, &data).repeat(2);
        for at_once in [1, 7, 4095] {
            let input = crate::program::Slices {
                bytes: Vec::leak(packed.clone()),
                at_once,
            };
            let mut output = Vec::new();
            cback_compress::decompress(input, &mut output, None).unwrap();
            assert!(output == data.repeat(2), "{packer}, {at_once} at once");
        }
    }
}

#[test]
fn an_output_that_is_full_or_closed_is_a_failure() {
    let program = env!("CARGO_BIN_EXE_cback-compress");
    for packer in ["gzip -c", "bzip2 -c"] {
        let packed = packed_by(packer, &text(3_000_000));
        let script = |output| format!("'{program}' -d {output}");
        let done = run(
            Command::new("sh").args(["-c", &script("> /dev/full")]),
            &packed,
        );
        let full = "cback-compress: standard output: No space left on device (os error 28)\n";
        assert_eq!((done.status, &*done.errors), (Some(1), full), "{packer}");
        let done = run(Command::new("sh").args(["-c", &script(">&-")]), &packed);
        assert_eq!(done.status, Some(1), "{packer}");
        let pipe = format!("{{ {}; echo $? >&2; }} | head -c 1 > /dev/null", script(""));
        let done = run(Command::new("sh").args(["-c", &pipe]), &packed);
        assert_eq!(done.errors, "1\n", "{packer}");
    }
}

/// `-t` needs no output.
#[test]
fn testing_writes_nothing() {
    let program = env!("CARGO_BIN_EXE_cback-compress");
    let packed = packed_by("bzip2 -c", &text(1_000_000));
    for output in ["> /dev/full", ">&-"] {
        let script = format!("'{program}' -t {output}");
        let done = run(Command::new("sh").args(["-c", &script]), &packed);
        assert_eq!((done.status, &*done.errors), (Some(0), ""), "{output}");
    }
    let done = compress(&["-t"], &packed[..packed.len() - 1]);
    assert_eq!((done.status, done.output.len()), (Some(1), 0));
}
