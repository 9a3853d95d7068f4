//! What other programs have packed, alone and one after the other.

use std::process::Command;

use cback_compress::decompress;
use cback_tests::skip;

use super::{assert_unpacks, packed_by};
use crate::samples::{Slices, inputs, text};
use crate::{FORMATS, compressed, other, output_of, python, run, shell};

/// All that each of these packs, once and, if it is little, three times.
#[track_caller]
fn assert_all_unpack(packers: impl IntoIterator<Item = Command>) {
    let packers: Vec<_> = packers.into_iter().collect();
    for (name, data) in inputs() {
        for packer in &packers {
            let packed = output_of(packer, &data);
            let what = format!("{name} by {packer:?}");
            assert_unpacks(&packed, &data, &what);
            if data.len() < 100_000 {
                assert_unpacks(&packed.repeat(3), &data.repeat(3), &what);
            }
        }
    }
}

#[test]
fn gzip_and_bzip2_of_every_level() {
    let lines = (1..=9).flat_map(|level| FORMATS.map(|format| format!("{format} -c -{level}")));
    assert_all_unpack(lines.map(|line| other(&line)));
}

#[test]
fn their_relatives() {
    let lines = [
        "gzip -c --rsyncable",
        "pigz -c -p2",
        "pigz -c -i -b128",
        "pigz -c -R -9",
        "pigz -c -0",
        "pigz -c -H",
        "pigz -c -U -1",
        "busybox gzip -c",
        "lbzip2 -c -n2",
        "pbzip2 -c -p2 -b2",
    ];
    assert_all_unpack(lines.map(other));
}

/// Not on every machine: Debian's `tabix`, `isal`, `libdeflate-tools`, `p7zip-full`.
#[test]
fn their_rarer_relatives() {
    for line in [
        "bgzip -c -@2",
        "igzip -c -3",
        "libdeflate-gzip -c -12",
        "7z a -si -so -tgzip -an dummy",
        "7z a -si -so -tbzip2 -an dummy",
    ] {
        let packer = other(line);
        let name = packer.get_program().to_string_lossy();
        if run(&shell(&format!("command -v {name}")), b"")
            .status
            .success()
        {
            assert_all_unpack([packer]);
        } else {
            skip(&format!("there is no {name}"));
        }
    }
}

#[test]
fn pythons_modules() {
    assert_all_unpack(["gzip", "bz2"].map(|module| {
        let pack = format!("{module}.compress(sys.stdin.buffer.read())");
        python(&format!(
            "import sys, {module}\nsys.stdout.buffer.write({pack})"
        ))
    }));
}

/// A name, a comment, an extra field, a checksum of the header: all that RFC 1952 has.
#[test]
fn gzip_headers_of_all_kinds() {
    let program = "\
import sys, struct, zlib
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
    let packed = output_of(&python(program), &data);
    assert_unpacks(&packed, &data.repeat(32), "headers");
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
        for mode in FORMATS {
            let packed = compressed(&format!("-m {mode}"), &data);
            for unpack in ["-d", "-dp1", "-dp7"] {
                assert!(
                    compressed(unpack, &packed) == data,
                    "{name}, {mode}, {unpack}"
                );
            }
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
            let mut output = Vec::new();
            decompress(Slices::new(&packed, at_once), &mut output, None).unwrap();
            assert!(output == data.repeat(2), "{packer}, {at_once} at once");
        }
    }
}

#[test]
fn testing_writes_nothing_and_needs_no_output() {
    for mode in FORMATS {
        let packed = compressed(&format!("-m {mode}"), &text(1_000_000));
        for output in ["", ">/dev/full", ">&-"] {
            let printed = output_of(&shell(&format!("\"$PROGRAM\" -t {output}")), &packed);
            assert_eq!(printed, b"", "{mode} {output}");
        }
    }
}
