//! "One gzip member that every gzip reads; one bzip2 stream that every bunzip2 reads."

use std::collections::HashSet;
use std::process::Command;

use cback_compress::Mode;
use cback_tests::Random;

use crate::samples::{BLOCK, Slices, hexadecimal, inputs, letters, mixed, text};
use crate::{compressed, options, other, output_of, packed, python};

/// A reader of one member or stream, as Perl's Gunzip and zlib's own `uncompress` are, which would
/// cut several short in silence.
fn reader_of_one(module: &str, decoder: &str) -> Command {
    python(&format!(
        "import sys, {module}\n\
         decoder = {module}.{decoder}\n\
         sys.stdout.buffer.write(decoder.decompress(sys.stdin.buffer.read()))\n\
         assert decoder.eof and not decoder.unused_data"
    ))
}

/// Every reader gives the input back, and with it says nothing.
#[track_caller]
fn assert_read_back(arguments: &str, readers: &[&str], one: Command) {
    let others = readers.iter().map(|line| other(line));
    let readers: Vec<_> = others.chain([one]).collect();
    for (name, input) in inputs() {
        let stream = compressed(arguments, &input);
        for reader in &readers {
            assert!(output_of(reader, &stream) == input, "{reader:?} on {name}");
        }
    }
}

#[test]
fn every_gzip_reads_it() {
    let readers = ["gzip -dc", "pigz -dc", "busybox gunzip -c"];
    assert_read_back("-p3", &readers, reader_of_one("zlib", "decompressobj(31)"));
}

#[test]
fn every_bunzip2_reads_it() {
    let readers = [
        "bzip2 -dc",
        "lbzip2 -dc",
        "pbzip2 -dc",
        "busybox bunzip2 -c",
    ];
    assert_read_back(
        "-m bzip2 -p3",
        &readers,
        reader_of_one("bz2", "BZ2Decompressor()"),
    );
}

/// RFC 1952, 2.3: neither name nor time, so that equal input makes equal files.
#[test]
fn the_gzip_header_names_nothing() {
    let stream = compressed("", b"x");
    assert_eq!(stream[..4], [0x1f, 0x8b, 8, 0], "magic, deflate, no flags");
    assert_eq!(stream[4..8], [0; 4], "no time");
}

#[test]
fn every_level_of_gzip_reads_back_and_is_no_larger_than_gzips_or_than_the_level_below() {
    let inputs = [text(3_000_000), hexadecimal(2_000_000), vec![b'a'; 300_000]];
    let mut sizes = Vec::new();
    for level in 1..=9 {
        let (mut size, mut theirs) = (0, 0);
        for input in &inputs {
            let stream = compressed(&format!("-{level}"), input);
            assert!(output_of(&other("gzip -dc"), &stream) == *input, "-{level}");
            size += stream.len();
            theirs += output_of(&other(&format!("gzip -{level}")), input).len();
        }
        assert!(size <= theirs, "-{level}: {size} bytes, gzip has {theirs}");
        sizes.push(size);
    }
    assert!(sizes.is_sorted_by(|less, more| less >= more), "{sizes:?}");
    assert!(sizes[8] < sizes[0], "{sizes:?}");
}

/// Little input gets a small window: look around the border of each.
#[test]
fn a_small_window_is_large_enough() {
    for bits in 9..=15 {
        for length in (1 << bits) - 264..(1 << bits) - 260 {
            let once = text(length / 2);
            let input = [&once[..], &once, b"!"].concat();
            let (size, stream) = (compressed("", &once).len(), compressed("", &input));
            assert!(
                stream.len() < size + size / 2,
                "{length} bytes: not seen twice"
            );
            let data = output_of(&other("gzip -dc"), &stream);
            assert!(data == input, "{length} bytes");
        }
    }
}

/// A flush between blocks takes five bytes: where there is one block there is none.
#[test]
fn little_input_is_hardly_larger_than_gzips() {
    for length in [0, 1, 100, 1024] {
        let input = text(length);
        let theirs = output_of(&other("gzip -6"), &input).len();
        let ours = compressed("", &input).len();
        let most = theirs + theirs / 100 + 1;
        assert!(ours <= most, "{length} bytes: {ours}, gzip has {theirs}");
    }
}

/// The same piece again and again is what every compressor is for; digits that do not repeat are
/// coded in hardly more than their four bits.
#[test]
fn digits_shrink() {
    for period in [1_000, 5_000, 30_000] {
        let input = hexadecimal(period).repeat(1_000_000 / period);
        let size = compressed("", &input).len();
        assert!(size < period + input.len() / 50, "{period}: {size} bytes");
    }
    let size = compressed("", &hexadecimal(1_000_000)).len();
    assert!(size < 510_000, "{size} bytes");
}

/// A block is judged by more than its start. Of the codes some are met again within the window.
#[test]
fn digits_before_or_behind_other_data_do_not_make_it_larger_than_gzips() {
    for (codes, length) in [(1000, 7), (4000, 6), (20_000, 7)] {
        let letters = letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", codes * length);
        let codes: Vec<_> = letters.chunks(length).collect();
        let mut random = Random::new(4);
        let text = (0..BLOCK / length).map(|_| random.choose(&codes));
        let (text, digits) = (text.collect::<Vec<_>>().concat(), hexadecimal(8192));
        for (pieces, level) in [
            ([&digits, &text], 6),
            ([&text, &digits], 6),
            ([&digits, &text], 9),
        ] {
            let input = pieces.map(Vec::as_slice).concat();
            let ours = compressed(&format!("-{level}"), &input).len();
            let theirs = output_of(&other(&format!("gzip -{level}")), &input).len();
            let what = format!("{} codes, -{level}", codes.len());
            assert!(
                ours <= theirs * 103 / 100,
                "{what}: {ours}, gzip has {theirs}"
            );
        }
    }
}

/// "The same bytes whatever the number of threads and however the input arrives."
#[test]
fn the_bytes_depend_neither_on_threads_nor_on_how_the_input_arrives() {
    let input = [&mixed()[..], b"the seal"].concat();
    for mode in [Mode::None, Mode::Gzip, Mode::Bzip2] {
        let write = |threads, at_once| {
            let options = options(mode, 1, threads, b"the seal");
            let (result, output) = packed(Slices::new(&input, at_once), &options);
            result.unwrap();
            output
        };
        let one = write(1, usize::MAX);
        for threads in [1, 2, 3, 8] {
            for at_once in [1, 4095, 1 << 20] {
                let same = write(threads, at_once) == one;
                assert!(
                    same,
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
    let mut input = letters(b"abcd", 10 * BLOCK);
    for border in (1..10).map(|block| block * BLOCK) {
        input.copy_within(border - 3..border + 40, border + 1000);
    }
    let streams: HashSet<_> = [1, 2, 3, 3, 3, 8, 1024]
        .map(|threads| compressed(&format!("-p{threads}"), &input))
        .into();
    assert_eq!(streams.len(), 1);
}
