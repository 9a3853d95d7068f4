//! Magics that stand in a block's data by chance.
//!
//! By chance that would take 2^48 bits; here blocks are made for it. Their Huffman code is nearly
//! no code: 254 symbols have 8 bits each, the symbol's own number, so that any bytes below 254 can
//! be written. What data that is, the bzip2 crate says, which gives it out before it finds the
//! checksum wrong.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;

use bzip2::Decompress;
use cback_compress::decompress;

use super::{packed_by, unpacked, unpacked_by};
use crate::samples::{Slices, noise};

pub(super) const BLOCK: u64 = 0x3141_5926_5359;
pub(super) const END: u64 = 0x1772_4538_5090;

/// Bits, one number after the other.
#[derive(Clone, Default)]
pub(super) struct Bits(pub(super) Vec<bool>);

impl Bits {
    pub(super) fn put(&mut self, count: usize, number: u64) {
        let places = (0..count).rev();
        self.0.extend(places.map(|place| number >> place & 1 == 1));
    }

    pub(super) fn put_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.put(8, byte.into());
        }
    }

    /// The last byte is filled with zeros.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            let bits = bits.iter().zip((0..8).rev());
            bits.fold(0, |byte, (&bit, place)| byte | u8::from(bit) << place)
        };
        self.0.chunks(8).map(byte).collect()
    }
}

/// A block whose symbols are these bytes, with this checksum.
fn block(symbols: &[u8], crc: u32) -> Bits {
    let mut bits = Bits::default();
    bits.put(48, BLOCK);
    bits.put(32, crc.into());
    bits.put(1 + 24, 0);
    // All 256 bytes are in use.
    bits.put_bytes(&[0xff; 2 + 32]);
    bits.put(3, 2);
    let groups = (symbols.len() + 1).div_ceil(50);
    bits.put(15, groups as u64);
    bits.0.extend(vec![false; groups]);
    for _ in 0..2 {
        // 254 codes of 8 bits, 4 of 9.
        bits.put(5, 8);
        bits.0.extend([false; 254]);
        bits.put(3, 0b100);
        bits.put(3, 0);
    }
    bits.put_bytes(symbols);
    bits.put(9, 0x1ff);
    bits
}

fn stream(blocks: &[Bits], crc: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put_bytes(b"BZh9");
    for block in blocks {
        bits.0.extend(&block.0);
    }
    bits.put(48, END);
    bits.put(32, crc.into());
    bits.bytes()
}

/// A block with its right checksum, the checksum, and what it unpacks to.
type Checked = (Bits, u32, Vec<u8>);

fn checked(symbols: &[u8]) -> Checked {
    let mut data = Vec::with_capacity(1 << 20);
    let wrong = stream(&[block(symbols, 0)], 0);
    let result = Decompress::new(false).decompress_vec(&wrong, &mut data);
    assert!(result.is_err() && !data.is_empty() && data.len() < data.capacity());
    let crc = data.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
            crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    (block(symbols, !crc), !crc, data)
}

/// Bytes that hold `magic` from the bit `shift` on; none below 2 or above 253.
fn holding(magic: u64, shift: usize) -> Vec<u8> {
    // Whatever stands before and behind it, one of these fillings makes bytes that can be written.
    let mut bytes = (0..1 << 16).map(|filling| {
        let mut bits = Bits::default();
        bits.put(shift, filling);
        bits.put(48, magic);
        bits.put(8 - shift, filling >> 8);
        bits.bytes()
    });
    let can_be_written = |bytes: &Vec<u8>| bytes.iter().all(|byte| (2..254).contains(byte));
    bytes.find(can_be_written).unwrap()
}

fn symbols(length: usize, seed: u64) -> Vec<u8> {
    noise(length, seed)
        .iter()
        .map(|byte| 2 + byte % 252)
        .collect()
}

/// A stream of these blocks.
fn packed(blocks: &[&Checked]) -> Vec<u8> {
    let bits: Vec<_> = blocks.iter().map(|(bits, ..)| bits.clone()).collect();
    let fold = |sum: u32, crc| sum.rotate_left(1) ^ crc;
    stream(
        &bits,
        blocks.iter().fold(0, |sum, (_, crc, _)| fold(sum, crc)),
    )
}

/// Asserts that a stream of these blocks is unpacked to their data, here and by bzip2.
#[track_caller]
fn assert_unpacks(blocks: &[&Checked]) {
    let packed = packed(blocks);
    let data: Vec<_> = blocks.iter().flat_map(|(.., data)| data).copied().collect();
    super::assert_unpacks(&packed, &data, "a stream with a magic in its data");
    assert!(unpacked_by("bzip2 -dc", &packed).is_some_and(|output| output == data));
}

/// At every bit, either magic, in the first block, one in the middle and the last.
#[test]
fn one_magic() {
    let plain = checked(&symbols(900, 3));
    for (magic, shift) in (0..16).map(|n| ([BLOCK, END][n % 2], n / 2)) {
        let hidden = [symbols(1_001, 1), holding(magic, shift), symbols(777, 2)].concat();
        let hidden = checked(&hidden);
        for place in 0..3 {
            let mut blocks = [&plain; 3];
            blocks[place] = &hidden;
            assert_unpacks(&blocks);
        }
    }
}

/// However many: were a block tried again at each, the last of these would take an hour.
#[test]
fn any_number_of_magics_in_one_block() {
    let magics = (0..16).map(|n| [holding([END, BLOCK][n % 2], n * 3 % 8), symbols(n, 1)].concat());
    let magics: Vec<_> = magics.collect();
    for count in [1, 2, 4, 5, 50, 60_000] {
        let hidden = magics.iter().flatten().copied().cycle();
        let hidden: Vec<_> = hidden.take(count * magics[0].len()).collect();
        assert_unpacks(&[&checked(&[symbols(99, 1), hidden].concat())]);
    }
}

/// Also where what stands behind the end's magic looks like another stream's header.
#[test]
fn what_looks_like_the_end_of_the_stream_and_another_header() {
    let header = |level: u8| {
        let mut bits = Bits::default();
        bits.put(48, END);
        bits.put(32, 0x1234_5678);
        bits.put_bytes(&[b'B', b'Z', b'h', level]);
        bits.put(48, BLOCK);
        bits.bytes()
    };
    let [next, large] = [10_000, 400_000].map(|length| checked(&symbols(length, 6)));
    // All alignments of the block's symbols to the bytes of the stream.
    for more in 0..8 {
        let hidden = |level| {
            let before = symbols(50 * more + 20, 4);
            let hidden = [before, header(level), symbols(20_000, 5)].concat();
            assert!(hidden.iter().all(|&byte| byte < 254), "cannot be written");
            checked(&hidden)
        };
        assert_unpacks(&[&hidden(b'1'), &next, &large]);
        // The true level is 1, for which the last block is too large.
        let mut packed = packed(&[&hidden(b'9'), &next, &large]);
        packed[3] = b'1';
        assert!(unpacked(&packed, 1).0.is_err() && unpacked_by("bzip2 -dc", &packed).is_none());
    }
}

/// In a batch of small blocks, and beside one that holds more than is unpacked at once.
#[test]
fn a_magic_beside_a_block_of_megabytes() {
    let zeros = vec![0; 3_000_000];
    let mut bits = Bits::default();
    bits.put_bytes(&packed_by("bzip2 -9", &zeros));
    let crc = bits.0[80..112]
        .iter()
        .fold(0, |crc, &bit| crc << 1 | u32::from(bit));
    let mut end = Bits::default();
    end.put(48, END);
    let end = bits.0.windows(48).position(|bits| bits == end.0).unwrap();
    let large = (Bits(bits.0[32..end].to_vec()), crc, zeros);
    let hidden = checked(&[symbols(99, 1), holding(BLOCK, 3), symbols(99, 2)].concat());
    assert_unpacks(&[&large, &hidden, &large]);
}

/// Before all behind it is read, which may be without end.
#[test]
fn a_damaged_block_with_magics_in_it_is_refused_where_it_ends() {
    let magics = holding(BLOCK, 0).repeat(5000);
    let packed = stream(&[block(&magics, 0), block(&magics, 0)], 0);
    let cannot_be_read = File::open("/").unwrap();
    let input = Slices::new(&packed.repeat(50), 1000).chain(cannot_be_read);
    let result = decompress(input, &mut io::sink(), NonZeroUsize::new(1));
    let said = result.unwrap_err().to_string();
    assert!(said.contains("byte 4: the bzip2 block"), "{said}");
}
