//! "Messages ... naming the thing at fault (file, line and column ...) and the cause"

use cback_tests::Finished;

use super::packed_by;
use crate::samples::text;
use crate::{program, run};

const CUT_OFF: &str = "the input ends here, in the middle of a";
const BAD_MEMBER: &str = "the header of the gzip member that begins here is damaged";
const BAD_BLOCK: &str = "the bzip2 block that begins here is damaged or cut off";

#[track_caller]
fn assert_fails(packed: &[u8], says: &str) {
    for unpack in ["-t", "-dp1"] {
        let said = run(&program(unpack), packed).fails(1);
        assert_eq!(said, format!("cback-compress: {says}\n"), "{unpack}");
    }
}

/// Asserts that it is refused, with this said of this byte.
#[track_caller]
fn assert_refused(packed: &[u8], byte: usize, says: &str) {
    assert_fails(packed, &format!("standard input, byte {byte}: {says}"));
}

/// `bytes` with another at `index`.
fn with(bytes: &[u8], index: usize, byte: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[index] = byte;
    bytes
}

#[test]
fn a_file_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let name = file.path().to_str().unwrap();
    let cut_off = format!(", byte 4: {CUT_OFF} bzip2 stream");
    for (packed, says) in [
        ("", " is empty: it ought to be gzip or bzip2 data"),
        ("BZh9", &cut_off),
    ] {
        std::fs::write(&file, packed).unwrap();
        let said = run(&program(&format!("-t --input {name}")), b"").fails(1);
        assert_eq!(said, format!("cback-compress: {name}{says}\n"));
    }
}

#[test]
fn the_start() {
    assert_fails(
        b"",
        "standard input is empty: it ought to be gzip or bzip2 data",
    );
    let neither = "neither gzip nor bzip2 data begins here";
    for other in [
        &b"x"[..],
        b"\x1f",
        b"\x1f\x9d",
        b"BZ",
        b"BZip",
        b"PK\x03\x04",
        &text(999_999),
    ] {
        assert_refused(other, 0, neither);
    }
    for start in ["BZh", "BZh0", "BZh:", "BZhx and so on", "BZh91AY&SX"] {
        assert_refused(
            start.as_bytes(),
            0,
            "the header of the bzip2 stream is damaged",
        );
    }
    assert_refused(b"\x1f\x8b", 2, &format!("{CUT_OFF} gzip member"));
    assert_refused(b"BZh9", 4, &format!("{CUT_OFF} bzip2 stream"));
}

/// A method that is not deflate; flags that are reserved; one that says that a checksum follows.
#[test]
fn gzip_headers() {
    let packed = packed_by("gzip -nc", b"data");
    for (index, byte) in [(2, 7), (3, 0x20), (3, 0x40), (3, 0x80), (3, 2)] {
        let damaged = with(&packed, index, byte);
        assert_refused(&damaged, 0, BAD_MEMBER);
        assert_refused(&[&packed[..], &damaged].concat(), packed.len(), BAD_MEMBER);
    }
}

#[test]
fn what_is_cut_off() {
    for (packer, what) in [("gzip -nc", "gzip member"), ("bzip2 -c", "bzip2 stream")] {
        let packed = packed_by(packer, b"data");
        let kept = packed.len() - 1;
        assert_refused(&packed[..kept], kept, &format!("{CUT_OFF} {what}"));
    }
    let packed = packed_by("bzip2 -c -1", &text(1_000_000));
    assert_refused(&packed[..100], 4, BAD_BLOCK);
}

/// The last that is appended is another of the same, without its header.
#[test]
fn what_is_appended() {
    let [gzip, bzip2] = ["gzip -nc", "bzip2 -c"].map(|packer| packed_by(packer, &text(10_000)));
    for (what, packed, other) in [("gzip", &gzip, &bzip2), ("bzip2", &bzip2, &gzip)] {
        let says = format!("the {what} data ends here, and something else follows");
        for more in [
            b"\0",
            &[0; 1000][..],
            b"\n",
            &vec![0; 3_000_000],
            other,
            &packed[4..],
        ] {
            assert_refused(&[&packed[..], more].concat(), packed.len(), &says);
        }
    }
}

#[test]
fn checksums() {
    let packed = packed_by("gzip -nc", &text(10_000));
    let says = "the gzip member is damaged here, or its checksum or length is another's";
    for index in [packed.len() - 8, packed.len() - 1] {
        assert_refused(&with(&packed, index, !packed[index]), packed.len(), says);
    }
    // A block is missing; each by itself is whole.
    let blocks = packed_by("bzip2 -c -1", &text(1_000_000));
    let second = (5..blocks.len()).find(|&at| blocks[at..].starts_with(b"1AY&SY"));
    let second = second.expect("a block that begins at a byte: take another input");
    let said = run(&program("-t"), &[&blocks[..4], &blocks[second..]].concat()).fails(1);
    let says = "the checksum of the bzip2 stream that ends here is not that of its blocks";
    assert!(said.contains(says), "{said}");
}

/// A block of level 1 takes less than 60,000 bytes here.
#[test]
fn a_damaged_bzip2_block_is_told_by_its_first_byte() {
    let packed = packed_by("bzip2 -c -1", &text(1_000_000));
    let half = packed.len() / 2;
    let said = run(&program("-t"), &with(&packed, half, !packed[half])).fails(1);
    let byte = said.strip_prefix("cback-compress: standard input, byte ");
    let (byte, what) = byte.and_then(|it| it.split_once(": ")).expect("a byte");
    assert_eq!(what, format!("{BAD_BLOCK}\n"));
    let byte: usize = byte.parse().unwrap();
    assert!(
        (half - 60_000..half).contains(&byte),
        "{byte}, damaged at {half}"
    );
}
