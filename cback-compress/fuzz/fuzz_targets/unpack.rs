//! Unpacks anything, and what was packed here from anything.
//!
//! The crates' own readers, which read in one piece, take what we take and give the same, and the
//! other way round, but for what a bzip2 stream's last byte is filled with and what follows it. A
//! stream made here from the input is a good one, and it is a fault to refuse it.

#![no_main]

use std::io::{Cursor, Read, Write};
use std::num::NonZeroUsize;

use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use cback_compress::decompress;
use flate2::bufread::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    compare(bytes);
    assert_good(&gzip(bytes), bytes);
    assert_good(&bzip2(bytes), bytes);
});

/// Unpacks with one thread or two.
fn unpack(packed: &[u8]) -> (Result<(), String>, Vec<u8>) {
    let mut data = Vec::new();
    let threads = NonZeroUsize::new(1 + packed.len() % 2);
    let result = decompress(Cursor::new(packed.to_vec()), &mut data, threads);
    (result.map_err(|error| error.to_string()), data)
}

fn compare(packed: &[u8]) {
    let (result, ours) = unpack(packed);
    let mut theirs = Vec::new();
    let accepted = if packed.starts_with(b"BZh") {
        MultiBzDecoder::new(packed).read_to_end(&mut theirs).is_ok()
    } else {
        MultiGzDecoder::new(packed).read_to_end(&mut theirs).is_ok()
    };
    match result {
        Ok(()) => assert!(accepted && ours == theirs, "taken by us alone, or other data"),
        Err(says) if accepted && packed.starts_with(b"BZh") => {
            let stricter = says.contains("ought to be 0") || says.contains("something else");
            assert!(stricter, "refused by us alone: {says}");
        }
        // `read_to_end` of nothing is nothing; no gzip takes that for a member.
        Err(says) => assert!(!accepted || packed.is_empty(), "refused by us alone: {says}"),
    }
}

/// Two members, the first with all that a header can hold.
fn gzip(data: &[u8]) -> Vec<u8> {
    let (first, second) = data.split_at(data.len() / 2);
    let name: Vec<u8> = first.iter().copied().filter(|&byte| byte != 0).collect();
    let builder = GzBuilder::new().extra(second.iter().copied().take(999).collect::<Vec<_>>());
    let builder = builder.filename(name.clone()).comment(name);
    let mut member = builder.write(Vec::new(), Compression::fast());
    member.write_all(first).unwrap();
    let mut other = GzBuilder::new().write(member.finish().unwrap(), Compression::best());
    other.write_all(second).unwrap();
    other.finish().unwrap()
}

/// Two streams.
fn bzip2(data: &[u8]) -> Vec<u8> {
    let (first, second) = data.split_at(data.len() / 2);
    let mut stream = BzEncoder::new(Vec::new(), bzip2::Compression::best());
    stream.write_all(first).unwrap();
    let mut other = BzEncoder::new(stream.finish().unwrap(), bzip2::Compression::fast());
    other.write_all(second).unwrap();
    other.finish().unwrap()
}

#[track_caller]
fn assert_good(packed: &[u8], data: &[u8]) {
    let (result, ours) = unpack(packed);
    assert!(result == Ok(()) && ours == data, "a good stream: {result:?}");
}
