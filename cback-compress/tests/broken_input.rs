//! Inputs that end too early, however they arrive.
#![allow(clippy::unwrap_used)]

mod program;

use std::io::{self, Read};
use std::num::NonZeroUsize;

use cback_compress::{Error, Mode, Options, compress};
use program::{is_whole, noise};
use proptest::prelude::*;

/// Cannot be read.
struct Unplugged;

impl Read for Unplugged {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("unplugged"))
    }
}

/// Ends in a failure at any byte, at any thread count: never whole.
fn broken(mode: Mode, input: Vec<u8>, threads: usize, seal: &[u8]) -> Vec<u8> {
    let threads = NonZeroUsize::new(threads);
    let options = Options {
        mode,
        level: Some(1),
        threads,
        seal: seal.to_vec(),
    };
    let input = io::Cursor::new(input).chain(Unplugged);
    let mut output = Vec::new();
    compress(input, &mut output, &options).unwrap_err();
    output
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_stream_is_whole_after_a_read_error(
        length in 0..2_500_000_usize,
        threads in 1..4_usize,
        bzip2: bool,
    ) {
        let (mode, name) = if bzip2 { (Mode::Bzip2, "bzip2") } else { (Mode::Gzip, "gzip") };
        let output = broken(mode, noise(length, 9), threads, b"");
        prop_assert!(!is_whole(name, &output));
    }

    /// Wherever the borders of reads fall in data and seal.
    #[test]
    fn the_seal_is_taken_off_however_it_arrives(
        data in prop::collection::vec(0..3_u8, 0..40),
        seal in prop::collection::vec(0..3_u8, 1..8),
        at_once in 1..12_usize,
    ) {
        let input = Vec::leak([&data[..], &seal].concat());
        let threads = Some(NonZeroUsize::MIN);
        let options = Options { mode: Mode::None, level: None, threads, seal: seal.clone() };
        let mut output = Vec::new();
        let input = program::Slices { bytes: input, at_once };
        prop_assert!(compress(input, &mut output, &options).is_ok());
        prop_assert_eq!(&output, &data);

        let sealed = data.ends_with(&seal);
        let input = program::Slices { bytes: Vec::leak(data), at_once };
        let result = compress(input, &mut Vec::new(), &options);
        prop_assert_eq!(result.is_ok(), sealed);
        if !sealed {
            prop_assert!(matches!(result, Err(Error::SealMissing)));
        }
    }
}
