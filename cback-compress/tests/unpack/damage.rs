//! Nothing that is damaged passes for what it was.
//!
//! Some bits mean nothing, as a gzip member's time. So damage may pass only if another program,
//! silently and with status 0, unpacks the same from it, and that is what was packed.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::oracle::{packed_by, unpacked, unpacked_by};
use crate::program::{hexadecimal, noise, text};

/// A program that reads it, a stream, and its data.
type Packed = (&'static str, Vec<u8>, Vec<u8>);

/// One member or stream each, so that no cut leaves a whole one.
static PACKED: LazyLock<Vec<Packed>> = LazyLock::new(|| {
    let runs = text(3_000)
        .iter()
        .flat_map(|&byte| vec![byte; 70])
        .collect();
    let inputs = [
        vec![],
        text(30),
        text(5_000),
        hexadecimal(3_000),
        noise(2_000, 3),
        runs,
        text(350_000),
    ];
    let packers = [
        ("gzip -dc", "gzip -c -1"),
        ("gzip -dc", "gzip -c -9"),
        ("gzip -dc", "pigz -c -p2 -b128"),
        ("gzip -dc", "pigz -c -0"),
        ("bzip2 -dc", "bzip2 -c -1"),
        ("bzip2 -dc", "lbzip2 -c -1 -n2"),
    ];
    let each = |data: Vec<u8>| {
        packers.map(|(reader, packer)| (reader, packed_by(packer, &data), data.clone()))
    };
    inputs.into_iter().flat_map(each).collect()
});

#[track_caller]
fn assert_refused_or_the_same(reader: &str, damaged: &[u8], data: &[u8], threads: usize) {
    let (result, output) = unpacked(damaged, threads);
    if result.is_ok() {
        assert!(output == data, "other data, and no error");
        assert_eq!(
            unpacked_by(reader, damaged).as_deref(),
            Some(data),
            "{reader} refuses it"
        );
    }
}

#[track_caller]
fn assert_refused(damaged: &[u8], what: &str) {
    let (result, _) = unpacked(damaged, 1);
    assert!(result.is_err(), "{what} passes");
}

/// Bits of `bytes`, one without or with one more.
fn shifted(bytes: &[u8], at: usize, insert: Option<bool>) -> Vec<u8> {
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1 == 1;
    let mut bits: Vec<bool> = (0..bytes.len() * 8).map(bit).collect();
    match insert {
        Some(bit) => bits.insert(at, bit),
        None => drop(bits.remove(at)),
    }
    let byte = |bits: &[bool]| {
        bits.iter()
            .zip(0..)
            .fold(0, |byte, (&bit, at)| byte | u8::from(bit) << (7 - at))
    };
    bits.chunks(8).map(byte).collect()
}

#[test]
fn every_bit_turned_of_a_little_stream() {
    for (reader, packed, data) in PACKED.iter().filter(|(_, packed, _)| packed.len() < 120) {
        for bit in 0..packed.len() * 8 {
            let mut damaged = packed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_refused_or_the_same(reader, &damaged, data, 1);
        }
    }
}

#[test]
fn every_cut() {
    for (_, packed, _) in PACKED.iter().filter(|(_, packed, _)| packed.len() < 3_000) {
        for length in 0..packed.len() {
            assert_refused(
                &packed[..length],
                &format!("{length} of {} bytes", packed.len()),
            );
        }
    }
}

#[test]
fn every_byte_appended() {
    for (_, packed, _) in PACKED.iter().filter(|(_, packed, _)| packed.len() < 6_000) {
        for byte in 0..=u8::MAX {
            assert_refused(
                &[&packed[..], &[byte]].concat(),
                &format!("{byte} appended"),
            );
        }
        for more in [2, 8, 512, 10_240] {
            assert_refused(
                &[&packed[..], &vec![0; more]].concat(),
                &format!("{more} zeros"),
            );
        }
    }
}

/// The last bits of a bzip2 stream fill its last byte; other programs do not look at them.
#[test]
fn the_bits_that_fill_a_bzip2_streams_last_byte() {
    let mut filled = 0;
    for (_, packed, _) in PACKED.iter().filter(|(reader, ..)| *reader == "bzip2 -dc") {
        for bit in 0..8 {
            let mut damaged = packed.clone();
            *damaged.last_mut().unwrap() ^= 1 << bit;
            assert_refused(&damaged, &format!("bit {bit} of the last byte"));
            filled += usize::from(unpacked_by("bzip2 -dc", &damaged).is_some());
        }
    }
    assert!(
        filled > 0,
        "no stream ends within a byte: the test shows nothing"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bits_turned(which: Index, bits in prop::collection::vec(any::<Index>(), 1..4), threads in 1..4_usize) {
        let (reader, packed, data) = which.get(&PACKED);
        let mut damaged = packed.clone();
        for bit in bits {
            let bit = bit.index(packed.len() * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        assert_refused_or_the_same(reader, &damaged, data, threads);
    }

    #[test]
    fn bytes_turned(which: Index, place: Index, bytes in prop::collection::vec(any::<u8>(), 1..9)) {
        let (reader, packed, data) = which.get(&PACKED);
        let mut damaged = packed.clone();
        let place = place.index(packed.len());
        for (old, new) in damaged[place..].iter_mut().zip(bytes) {
            *old = new;
        }
        assert_refused_or_the_same(reader, &damaged, data, 2);
    }

    #[test]
    fn cut(which: Index, length: Index, threads in 1..4_usize) {
        let (_, packed, _) = which.get(&PACKED);
        let length = length.index(packed.len());
        let (result, _) = unpacked(&packed[..length], threads);
        prop_assert!(result.is_err(), "{length} of {} bytes", packed.len());
    }

    #[test]
    fn bytes_inserted(which: Index, place: Index, bytes in prop::collection::vec(any::<u8>(), 1..9)) {
        let (reader, packed, data) = which.get(&PACKED);
        let place = place.index(packed.len() + 1);
        let damaged = [&packed[..place], &bytes, &packed[place..]].concat();
        assert_refused_or_the_same(reader, &damaged, data, 2);
    }

    #[test]
    fn bytes_taken_out(which: Index, from: Index, count in 1..300_usize) {
        let (reader, packed, data) = which.get(&PACKED);
        let from = from.index(packed.len());
        let mut damaged = packed.clone();
        damaged.drain(from..packed.len().min(from + count));
        assert_refused_or_the_same(reader, &damaged, data, 2);
    }

    #[test]
    fn a_bit_inserted_or_taken_out(which: Index, at: Index, insert in any::<Option<bool>>()) {
        let (reader, packed, data) = which.get(&PACKED);
        let damaged = shifted(packed, at.index(packed.len() * 8), insert);
        assert_refused_or_the_same(reader, &damaged, data, 2);
    }

    /// What comes out of anything that begins as it should is what another program makes of it.
    #[test]
    fn anything_behind_a_good_start(gzip: bool, more in prop::collection::vec(any::<u8>(), 0..400)) {
        let (start, reader) = if gzip {
            (&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], "gzip -dc")
        } else {
            (&b"BZh11AY&SY"[..], "bzip2 -dc")
        };
        let input = [start, &more].concat();
        let (result, output) = unpacked(&input, 2);
        if result.is_ok() {
            prop_assert_eq!(unpacked_by(reader, &input), Some(output));
        }
    }
}
