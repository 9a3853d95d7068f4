//! Data to compress, the same in every run.

use std::io::{self, Cursor, Read};

use cback_tests::Random;

/// The size of our gzip's blocks: what happens at their borders must be looked at.
pub(crate) const BLOCK: usize = 1 << 20;

pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    Random::new(seed).bytes(length)
}

/// A table of text as a dump has it.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let words = [
        "backup",
        "of",
        "the",
        "table",
        "\\N",
        "customer",
        "2026-11-22",
        "über",
    ];
    let mut bytes = Vec::with_capacity(length + 128);
    let mut random = Random::new(7);
    for row in 0.. {
        if bytes.len() >= length {
            break;
        }
        bytes.extend(format!("{row}\t{}\t", random.below(256) * 251).bytes());
        for _ in 0..8 {
            bytes.extend(random.choose(&words).bytes());
            bytes.push(random.choose(b"\t    "));
        }
        bytes.push(b'\n');
    }
    bytes.truncate(length);
    bytes
}

/// Rows as dumps have them, of kinds that compressors differ in: documents in JSON, pgbench's
/// accounts, keys with hashes, addresses and times.
pub(crate) fn rows(length: usize) -> [(&'static str, Vec<u8>); 3] {
    let mut random = Random::new(11);
    let mut made = [("JSON", vec![]), ("accounts", vec![]), ("keys", vec![])];
    for row in 0.. {
        let [json, accounts, keys] = &mut made;
        if json.1.len().min(accounts.1.len()).min(keys.1.len()) >= length {
            break;
        }
        let status = random.choose(&["open", "paid", "sent", "returned"]);
        let [number, price, hash] = [9_999, 20_000, u64::MAX].map(|most| random.below(most));
        let (balance, time) = (number.cast_signed() - 5_000, 1_700_000_000 + row * 99);
        json.1.extend(format!("{row}\t{{\"id\": {row}, \"email\": \"c{number}@example.org\", \"items\": [{{\"sku\": \"A{price}\", \"price\": {price}.50}}], \"status\": \"{status}\"}}\n").bytes());
        accounts
            .1
            .extend(format!("{row}\t{}\t{balance}\t{:84}\n", row / 100_000 + 1, "").bytes());
        keys.1.extend(
            format!(
                "{hash:016x}-{price:04x}\t{:016x}\t10.{}.{}.7\t{time}\n",
                hash.rotate_left(19) ^ 0x63,
                number % 256,
                price % 256
            )
            .bytes(),
        );
    }
    made.map(|(name, rows)| (name, rows[..length].to_vec()))
}

/// bytea of something compressed, as a dump has it.
pub(crate) fn hexadecimal(length: usize) -> Vec<u8> {
    letters(b"0123456789abcdef", length)
}

/// Bytes of an alphabet.
pub(crate) fn letters(alphabet: &[u8], length: usize) -> Vec<u8> {
    let mut random = Random::new(alphabet.len() as u64);
    (0..length).map(|_| random.choose(alphabet)).collect()
}

/// Every kind of data, one after the other.
pub(crate) fn mixed() -> Vec<u8> {
    let run = vec![b'r'; 70_000];
    [
        text(400_000),
        hexadecimal(600_000),
        run,
        noise(300_000, 3),
        text(200_000),
    ]
    .concat()
}

/// Inputs that have to come back from every format, with their names.
pub(crate) fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let runs = text(10_000)
        .iter()
        .flat_map(|&byte| vec![byte; 200])
        .collect();
    vec![
        ("nothing", vec![]),
        ("a byte", vec![b'x']),
        ("a little", text(1024)),
        ("a byte more than a block", text(BLOCK + 1)),
        ("two blocks", hexadecimal(2 * BLOCK)),
        ("noise", noise(2 * BLOCK + 5, 1)),
        ("a run", vec![b'r'; 8_000_000]),
        ("runs", runs),
        ("a bit of all", mixed()),
    ]
}

/// An input that arrives so many bytes at a time.
pub(crate) struct Slices {
    bytes: Cursor<Vec<u8>>,
    at_once: usize,
}

impl Slices {
    pub(crate) fn new(bytes: &[u8], at_once: usize) -> Self {
        let bytes = Cursor::new(bytes.to_vec());
        Self { bytes, at_once }
    }
}

impl Read for Slices {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.at_once);
        self.bytes.read(&mut buffer[..count])
    }
}
