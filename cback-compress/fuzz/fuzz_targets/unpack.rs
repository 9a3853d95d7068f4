//! Unpacks anything, and compares with the crates' own readers, which read in one piece.
//!
//! What we take they must take too, and give the same. What they take to the last byte we must
//! take, but for the bits that fill a bzip2 stream's last byte.

#![no_main]

use std::io::{Cursor, Read};
use std::num::NonZeroUsize;

use bzip2::read::MultiBzDecoder;
use cback_compress::decompress;
use flate2::bufread::MultiGzDecoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packed: &[u8]| {
    let mut ours = Vec::new();
    let input = Cursor::new(packed.to_vec());
    let result = decompress(input, &mut ours, NonZeroUsize::new(1 + packed.len() % 2));
    let mut theirs = Vec::new();
    let accepted = if packed.starts_with(b"BZh") {
        MultiBzDecoder::new(packed).read_to_end(&mut theirs).is_ok()
    } else {
        MultiGzDecoder::new(packed).read_to_end(&mut theirs).is_ok()
    };
    match result {
        Ok(()) => assert!(accepted && ours == theirs, "taken by us alone, or other data"),
        Err(error) if accepted && packed.starts_with(b"BZh") => {
            let says = error.to_string();
            let stricter = says.contains("ought to be 0") || says.contains("something else");
            assert!(stricter, "refused by us alone: {says}");
        }
        Err(_) => {}
    }
});
