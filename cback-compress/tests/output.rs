//! What is written when all goes well.

#![allow(clippy::unwrap_used)]

mod program;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::process::Command;

use cback_compress::{Mode, Options, compress};
use program::{Slices, compressed, hexadecimal, noise, other, python, run, text};
use proptest::prelude::*;

/// The size of our gzip's blocks: what happens at their borders must be looked at.
const BLOCK: usize = 512 << 10;

fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let mixed = [
        text(400_000),
        hexadecimal(600_000),
        noise(300_000, 3),
        text(200_000),
    ]
    .concat();
    vec![
        ("nothing", vec![]),
        ("a byte", vec![b'x']),
        ("a little", text(1024)),
        ("a byte less than a block", text(BLOCK - 1)),
        ("a block", text(BLOCK)),
        ("a byte more than a block", text(BLOCK + 1)),
        ("two blocks", hexadecimal(2 * BLOCK)),
        ("zeros", vec![0; 5_000_000]),
        ("noise", noise(3 * BLOCK + 5, 1)),
        ("text", text(4_000_000)),
        ("digits", hexadecimal(2_500_000)),
        ("a bit of all", mixed),
    ]
}

/// Every reader gives the input back, and with it says nothing.
#[track_caller]
fn read_back(readers: &mut [Command], arguments: &[&str]) {
    for (name, input) in inputs() {
        let stream = compressed(arguments, &input);
        for reader in &mut *readers {
            let done = run(reader, &stream);
            assert_eq!(
                (done.status, &*done.errors),
                (Some(0), ""),
                "{reader:?} on {name}"
            );
            assert!(done.output == input, "{reader:?} on {name}");
        }
    }
}

#[test]
fn every_gzip_reads_it() {
    let mut readers = [
        other("gzip -dc"),
        other("pigz -dc"),
        other("busybox gunzip -c"),
        python(
            "import sys, gzip\n\
             sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))",
        ),
    ];
    read_back(&mut readers, &[]);
}

/// As Perl's Gunzip and zlib's own `uncompress` do, which would cut several short in silence.
#[test]
fn a_reader_of_one_gzip_member_reads_all() {
    let mut reader = [python(
        "import sys, zlib\n\
         stream = zlib.decompressobj(31)\n\
         sys.stdout.buffer.write(stream.decompress(sys.stdin.buffer.read()))\n\
         assert stream.eof and not stream.unused_data",
    )];
    read_back(&mut reader, &["-p3"]);
}

#[test]
fn every_bunzip2_reads_it() {
    let mut readers = [
        other("bzip2 -dc"),
        other("lbzip2 -dc"),
        other("pbzip2 -dc"),
        other("busybox bunzip2 -c"),
    ];
    read_back(&mut readers, &["-m", "bzip2"]);
}

#[test]
fn a_reader_of_one_bzip2_stream_reads_all() {
    let mut reader = [python(
        "import sys, bz2\n\
         stream = bz2.BZ2Decompressor()\n\
         sys.stdout.buffer.write(stream.decompress(sys.stdin.buffer.read()))\n\
         assert stream.eof and not stream.unused_data",
    )];
    read_back(&mut reader, &["-m", "bzip2", "-p3"]);
}

#[test]
fn bzip2s_bytes_are_those_of_bzip2() {
    for (name, input) in inputs() {
        let theirs = run(&mut other("bzip2 -c"), &input).output;
        assert!(compressed(&["-m", "bzip2"], &input) == theirs, "{name}");
    }
}

#[test]
fn none_copies() {
    for (name, input) in inputs() {
        assert!(compressed(&["-m", "none"], &input) == input, "{name}");
    }
}

#[test]
fn gzip_is_the_default() {
    let input = text(10_000);
    assert_eq!(
        compressed(&[], &input),
        compressed(&["--mode", "gzip"], &input)
    );
}

/// RFC 1952, 2.3: neither name nor time, so that equal input makes equal files.
#[test]
fn the_gzip_header_names_nothing() {
    let stream = compressed(&[], b"x");
    assert_eq!(stream[..4], [0x1f, 0x8b, 8, 0], "magic, deflate, no flags");
    assert_eq!(stream[4..8], [0; 4], "no time");
}

fn options(mode: Mode, threads: usize) -> Options {
    let threads = NonZeroUsize::new(threads);
    Options {
        mode,
        level: Some(1),
        threads,
        seal: b"the seal".to_vec(),
    }
}

fn arriving(bytes: &'static [u8], at_once: usize, options: &Options) -> Vec<u8> {
    let mut output = Vec::new();
    compress(Slices { bytes, at_once }, &mut output, options).unwrap();
    output
}

#[test]
fn the_bytes_depend_neither_on_threads_nor_on_how_the_input_arrives() {
    let (_, input) = inputs().pop().unwrap();
    let input: &'static [u8] = Vec::leak([&input[..], b"the seal"].concat());
    for mode in [Mode::None, Mode::Gzip, Mode::Bzip2] {
        let one = arriving(input, usize::MAX, &options(mode, 1));
        for threads in [1, 2, 3, 8] {
            for at_once in [1, 4096, 1 << 20] {
                let other = arriving(input, at_once, &options(mode, threads));
                assert!(
                    other == one,
                    "{mode:?}, {threads} threads, {at_once} bytes at a time"
                );
            }
        }
    }
}

/// zlib-rs keeps the last bytes of a state's former block where it looks for the next byte of the
/// new one's dictionary: a state used again finds what stands across the border, or does not, by
/// what it had before. So here, soon after each border, comes again what stands across it.
#[test]
fn the_bytes_do_not_depend_on_which_thread_gets_a_block() {
    let mut input: Vec<u8> = noise(10 * BLOCK, 6)
        .iter()
        .map(|byte| b'a' + byte % 4)
        .collect();
    for border in (1..10).map(|block| block * BLOCK) {
        input.copy_within(border - 3..border + 40, border + 1000);
    }
    let streams: HashSet<_> = [1, 2, 3, 3, 3, 8]
        .map(|threads| compressed(&["-6", &format!("-p{threads}")], &input))
        .into();
    assert_eq!(streams.len(), 1);
}

/// The same piece again and again, however long: what every compressor is for.
#[test]
fn digits_that_repeat_shrink() {
    for period in [1_000, 5_000, 30_000] {
        let input = hexadecimal(period).repeat(1_000_000 / period);
        let size = compressed(&[], &input).len();
        assert!(size < period + input.len() / 50, "{period}: {size} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Pieces of several kinds, in any order and of any length, around the borders of blocks too.
    #[test]
    fn anything_reads_back(
        pieces in prop::collection::vec((0..4_u8, 0..BLOCK), 0..5),
        level in 1..=9_u8,
        threads in 1..4_usize,
        at_once in prop_oneof![1..300_usize, Just(BLOCK), Just(usize::MAX)],
        seal in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let piece = |(kind, length): &(u8, usize)| match kind {
            0 => text(*length),
            1 => hexadecimal(*length),
            2 => noise(*length, *length as u64),
            _ => vec![b'z'; *length],
        };
        let input: Vec<u8> = pieces.iter().flat_map(piece).collect();
        let threads = NonZeroUsize::new(threads);
        let sealed = Vec::leak([&input[..], &seal].concat());
        let options = Options { mode: Mode::Gzip, level: Some(level), threads, seal };
        let stream = arriving(sealed, at_once, &options);
        prop_assert!(run(&mut other("gzip -dc"), &stream).output == input);
    }
}
