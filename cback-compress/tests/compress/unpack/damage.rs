//! "Anything cut, altered or appended is status 1"
//!
//! Some bits mean nothing, as a gzip member's time. So damage may pass only if another program,
//! silently and with status 0, unpacks the same from it, and that is what was packed.

use std::sync::LazyLock;

use cback_tests::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::chance::{BLOCK, Bits, END};
use super::{packed_by, unpacked, unpacked_by};
use crate::samples::{hexadecimal, noise, text};

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
        let theirs = unpacked_by(reader, damaged);
        assert_eq!(theirs.as_deref(), Some(data), "{reader} refuses it");
    }
}

#[track_caller]
fn assert_refused(damaged: &[u8], what: &str) {
    let (result, _) = unpacked(damaged, 1);
    assert!(result.is_err(), "{what} passes");
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
fn every_cut_and_every_byte_appended() {
    for (_, packed, _) in PACKED.iter().filter(|(_, packed, _)| packed.len() < 3_000) {
        for length in 0..packed.len() {
            let what = format!("{length} of {} bytes", packed.len());
            assert_refused(&packed[..length], &what);
        }
        for byte in 0..=u8::MAX {
            assert_refused(
                &[&packed[..], &[byte]].concat(),
                &format!("{byte} appended"),
            );
        }
    }
}

/// The last bits of a bzip2 stream fill its last byte; other programs do not look at them.
#[test]
fn the_bits_that_fill_a_bzip2_streams_last_byte() {
    let mut filled = 0;
    for (_, packed, _) in PACKED.iter().filter(|(reader, ..)| *reader == "bzip2 -dc") {
        let mut damaged = packed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_refused(&damaged, "the last bit");
        filled += usize::from(unpacked_by("bzip2 -dc", &damaged).is_some());
    }
    assert!(filled > 0, "no stream ends within a byte");
}

/// A place, whether bits or bytes are counted, how many are taken out there, and what is put in.
type Edit = (Index, usize, (usize, Vec<u8>));

fn edit() -> impl Strategy<Value = Edit> {
    let new = || vec(any::<u8>(), 1..9);
    let change = prop_oneof![
        3 => new().prop_map(|new| (new.len(), new)),
        1 => new().prop_map(|new| (0, new)),
        1 => (1..300_usize).prop_map(|count| (count, vec![])),
        1 => Just((usize::MAX / 8, vec![])),
        // The beginning of a block or the end of a stream.
        1 => any::<bool>().prop_map(|end| (48, bits(if end { END } else { BLOCK }))),
    ];
    (any::<Index>(), prop_oneof![Just(1), Just(8)], change)
}

/// The 48 bits of a magic.
fn bits(magic: u64) -> Vec<u8> {
    (0..48)
        .rev()
        .map(|place| (magic >> place & 1) as u8)
        .collect()
}

fn edited(packed: &[u8], edits: Vec<Edit>) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put_bytes(packed);
    for (at, unit, (count, new)) in edits {
        let at = at.index(bits.0.len() + 1) / unit * unit;
        let end = bits.0.len().min(at.saturating_add(count * unit));
        let mut inserted = Bits::default();
        for byte in new {
            inserted.put(unit, byte.into());
        }
        bits.0.splice(at..end, inserted.0);
    }
    bits.bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2400)))]

    #[test]
    fn anything_turned_inserted_taken_out_or_cut(
        which: Index,
        edits in vec(edit(), 1..4),
        threads in 1..4_usize,
    ) {
        let (reader, packed, data) = which.get(&PACKED);
        assert_refused_or_the_same(reader, &edited(packed, edits), data, threads);
    }
}
