//! Unpacking in this process, and by others.

use std::io::Cursor;
use std::num::NonZeroUsize;

use cback_compress::{Error, decompress};

use crate::program::{other, run};

/// What our library makes of `packed`, and all that it wrote.
pub(crate) fn unpacked(packed: &[u8], threads: usize) -> (Result<(), Error>, Vec<u8>) {
    let mut output = Vec::new();
    let input = Cursor::new(packed.to_vec());
    let result = decompress(input, &mut output, NonZeroUsize::new(threads));
    (result, output)
}

/// The output of another program (`line` is split at blanks), if it succeeds in silence.
pub(crate) fn unpacked_by(line: &str, packed: &[u8]) -> Option<Vec<u8>> {
    let done = run(&mut other(line), packed);
    (done.status == Some(0) && done.errors.is_empty()).then_some(done.output)
}

/// Packs with another program.
#[track_caller]
pub(crate) fn packed_by(line: &str, data: &[u8]) -> Vec<u8> {
    let done = run(&mut other(line), data);
    assert_eq!((done.status, &*done.errors), (Some(0), ""), "{line}");
    done.output
}
