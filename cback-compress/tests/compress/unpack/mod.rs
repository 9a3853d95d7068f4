//! Unpacking: what others packed, and what is damaged.

mod chance;
mod damage;
mod messages;
mod peers;

use std::io::Cursor;
use std::num::NonZeroUsize;

use cback_compress::{Error, decompress};
use cback_tests::Finished;

use crate::{other, output_of, run};

/// The library's result, and all that it wrote.
fn unpacked(packed: &[u8], threads: usize) -> (Result<(), Error>, Vec<u8>) {
    let mut output = Vec::new();
    let input = Cursor::new(packed.to_vec());
    let result = decompress(input, &mut output, NonZeroUsize::new(threads));
    (result, output)
}

/// The output of another program, if it succeeds in silence.
fn unpacked_by(line: &str, packed: &[u8]) -> Option<Vec<u8>> {
    let done = run(&other(line), packed);
    (done.status.success() && done.said().is_empty()).then_some(done.stdout)
}

/// The output of another program that packs `data`.
#[track_caller]
fn packed_by(line: &str, data: &[u8]) -> Vec<u8> {
    output_of(&other(line), data)
}

#[track_caller]
fn assert_unpacks(packed: &[u8], data: &[u8], what: &str) {
    for threads in [1, 3] {
        let (result, output) = unpacked(packed, threads);
        assert!(result.is_ok(), "{what}: {result:?}");
        assert!(output == data, "{what}: other data");
    }
}
