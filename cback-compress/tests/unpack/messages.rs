//! Which fault, and where.

use crate::oracle::packed_by;
use crate::program::{compress, text};

#[track_caller]
fn assert_refused(packed: &[u8], says: &str) {
    for unpack in ["-t", "-d", "-dp1"] {
        let done = compress(&[unpack], packed);
        let errors = format!("cback-compress: {says}\n");
        assert_eq!((done.status, done.errors), (Some(1), errors), "{unpack}");
    }
}

#[test]
fn an_empty_input() {
    assert_refused(
        b"",
        "standard input is empty: it ought to be gzip or bzip2 data",
    );
}

#[test]
fn something_else() {
    let neither = "standard input, byte 0: neither gzip nor bzip2 data begins here";
    for other in [
        &b"x"[..],
        b"\x1f",
        b"\x1f\x9d",
        b"BZ",
        b"BZip",
        b"\n",
        b"PK\x03\x04",
        &text(999_999),
    ] {
        assert_refused(other, neither);
    }
}

#[test]
fn the_start_alone() {
    let cut_off = "the input ends here, in the middle of a gzip member";
    assert_refused(b"\x1f\x8b", &format!("standard input, byte 2: {cut_off}"));
    let damaged = "standard input, byte 0: the header of the bzip2 stream is damaged";
    for start in [
        &b"BZh"[..],
        b"BZh0",
        b"BZh:",
        b"BZhx and so on",
        b"BZh91AY&SX",
    ] {
        assert_refused(start, damaged);
    }
    let cut_off = "standard input, byte 4: the input ends here, in the middle of a bzip2 stream";
    assert_refused(b"BZh9", cut_off);
}

#[test]
fn gzip_headers() {
    let damaged =
        "standard input, byte 0: the header of the gzip member that begins here is damaged";
    let packed = packed_by("gzip -nc", b"data");
    let with = |place: usize, byte| {
        let mut packed = packed.clone();
        packed[place] = byte;
        packed
    };
    assert_refused(&with(2, 7), damaged);
    for reserved in [0x20, 0x40, 0x80] {
        assert_refused(&with(3, reserved), damaged);
    }
    // A checksum of the header follows, it says, but what follows is something else.
    assert_refused(&with(3, 2), damaged);
    let second = [&packed[..], &with(3, 0x80)].concat();
    let byte = packed.len();
    assert_refused(&second, &damaged.replace("byte 0", &format!("byte {byte}")));
}

#[test]
fn what_is_cut_off() {
    for (packer, what) in [("gzip -nc", "gzip member"), ("bzip2 -c", "bzip2 stream")] {
        let packed = packed_by(packer, b"data");
        let kept = packed.len() - 1;
        let says =
            format!("standard input, byte {kept}: the input ends here, in the middle of a {what}");
        assert_refused(&packed[..kept], &says);
    }
    let packed = packed_by("bzip2 -c -1", &text(1_000_000));
    let damaged = "the bzip2 block that begins here is damaged or cut off";
    assert_refused(
        &packed[..100],
        &format!("standard input, byte 4: {damaged}"),
    );
}

#[test]
fn what_is_appended() {
    for (packer, what) in [("gzip -nc", "gzip"), ("bzip2 -c", "bzip2")] {
        let packed = packed_by(packer, &text(10_000));
        let end = packed.len();
        let says = format!(
            "standard input, byte {end}: the {what} data ends here, and something else follows"
        );
        let other = if what == "gzip" {
            "bzip2 -c"
        } else {
            "gzip -c"
        };
        for more in [
            &b"\0"[..],
            &[0; 1000],
            b"\n\n",
            &text(600_000),
            &vec![0; 3_000_000],
            &packed_by(other, b"x"),
            // Another of the same, without its header.
            &packed[4..],
        ] {
            assert_refused(&[&packed[..], more].concat(), &says);
        }
    }
}

#[test]
fn checksums() {
    let mut packed = packed_by("gzip -nc", &text(10_000));
    let trailer = packed.len() - 8;
    let says = "the checksum or length here is not that of the gzip member before it";
    for place in [trailer, trailer + 7] {
        packed[place] ^= 1;
        assert_refused(&packed, &format!("standard input, byte {trailer}: {says}"));
        packed[place] ^= 1;
    }
}

#[test]
fn damaged_data_is_told_by_the_block_or_the_byte() {
    let mut packed = packed_by("bzip2 -c -1", &text(1_000_000));
    let half = packed.len() / 2;
    packed[half] ^= 1;
    let done = compress(&["-t"], &packed);
    let says = done
        .errors
        .strip_prefix("cback-compress: standard input, byte ")
        .unwrap();
    let (byte, what) = says.split_once(": ").unwrap();
    assert_eq!(
        what,
        "the bzip2 block that begins here is damaged or cut off\n"
    );
    let byte: usize = byte.parse().unwrap();
    // A block of level 1 takes less than 60,000 bytes here.
    assert!(
        byte < half && half - byte < 60_000,
        "{byte}, damaged at {half}"
    );
}

/// A block that is missing or that comes twice: each by itself is whole.
#[test]
fn a_block_that_is_missing() {
    let blocks = packed_by("bzip2 -c -1", &text(1_000_000));
    let magic = b"1AY&SY";
    let aligned: Vec<usize> = (5..blocks.len() - 6)
        .filter(|&at| &blocks[at..at + 6] == magic)
        .collect();
    let Some(second) = aligned.first() else {
        panic!("no block begins at a byte: take another input");
    };
    let packed = [&blocks[..4], &blocks[*second..]].concat();
    let done = compress(&["-t"], &packed);
    assert_eq!(done.status, Some(1));
    let says = "the checksum of the bzip2 stream that ends here is not that of its blocks";
    assert!(done.errors.contains(says), "{}", done.errors);
}
