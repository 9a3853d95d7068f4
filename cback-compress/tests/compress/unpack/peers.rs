//! "What gzip, pigz, bzip2, pbzip2, lbzip2 or this program wrote ...; several members or streams
//! one after the other are one."

use cback_compress::decompress;
use cback_tests::skip;

use super::{assert_unpacks, packed_by};
use crate::samples::{Slices, inputs, mixed, text};
use crate::{FORMATS, compressed, output_of, python, run, shell};

/// The last five are not on every machine: Debian's `tabix`, `isal`, `libdeflate-tools`, `p7zip-full`.
const PACKERS: [&str; 17] = [
    "gzip -c",
    "bzip2 -c",
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
    "bgzip -c -@2",
    "igzip -c -3",
    "libdeflate-gzip -c -12",
    "7z a -si -so -tgzip -an dummy",
    "7z a -si -so -tbzip2 -an dummy",
];

#[test]
fn every_packer_and_every_level() {
    let is_there = |packer: &&str| {
        let name = packer.split(' ').next().unwrap_or_default();
        let there = run(&shell(&format!("command -v {name}")), b"")
            .status
            .success();
        if !there {
            skip(&format!("there is no {name}"));
        }
        there
    };
    let packers: Vec<_> = PACKERS.into_iter().filter(is_there).collect();
    for (name, data) in inputs() {
        for packer in &packers {
            let packed = packed_by(packer, &data);
            let what = format!("{name} by {packer}");
            assert_unpacks(&packed, &data, &what);
            if data.len() < 100_000 {
                assert_unpacks(&packed.repeat(3), &data.repeat(3), &what);
            }
        }
    }
    for level in 1..=9 {
        for format in FORMATS {
            let packer = format!("{format} -c -{level}");
            let data = mixed();
            assert_unpacks(&packed_by(&packer, &data), &data, &packer);
        }
    }
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

/// "`-t`: the same, writing nothing."
#[test]
fn our_own_is_unpacked_and_tested_without_an_output() {
    for (name, data) in inputs() {
        for mode in FORMATS {
            let packed = compressed(&format!("-m {mode}"), &data);
            for unpack in ["-d", "-dp1", "-dp7"] {
                assert!(
                    compressed(unpack, &packed) == data,
                    "{name}, {mode}, {unpack}"
                );
            }
            for output in [">/dev/full", ">&-"] {
                let printed = output_of(&shell(&format!("\"$PROGRAM\" -t {output}")), &packed);
                assert_eq!(printed, b"", "{name}, {mode} {output}");
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
