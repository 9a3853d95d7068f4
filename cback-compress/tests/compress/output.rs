//! "One gzip member that every gzip reads; one bzip2 stream that every bunzip2 reads."

use std::process::Command;

use cback_compress::Mode;
use cback_tests::Random;

use crate::samples::{BLOCK, Slices, hexadecimal, inputs, letters, mixed, rows, text};
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

/// "Never larger than gzip of the same level by more than 1 %": with what dumps hold not at all.
#[test]
fn every_level_of_gzip_reads_back_and_is_no_larger_than_gzips_or_than_the_level_below() {
    let others = [
        ("text", text(2_000_000)),
        ("digits", hexadecimal(1_500_000)),
        ("a run", vec![b'a'; 300_000]),
    ];
    let mut sizes = [0; 9];
    for (name, input) in rows(1_500_000).iter().chain(&others) {
        for (level, sum) in (1..).zip(&mut sizes) {
            let stream = compressed(&format!("-{level}"), input);
            let what = format!("{name}, -{level}");
            assert!(output_of(&other("gzip -dc"), &stream) == *input, "{what}");
            let (ours, theirs) = (
                stream.len(),
                output_of(&other(&format!("gzip -{level}")), input).len(),
            );
            // A text of eight words at random loses 0.8 %.
            let most = if *name == "text" {
                theirs * 101 / 100
            } else {
                theirs
            };
            assert!(ours <= most, "{what}: {ours} bytes, gzip has {theirs}");
            *sum += ours;
        }
    }
    assert!(sizes.is_sorted_by(|less, more| less >= more), "{sizes:?}");
    assert!(sizes[8] < sizes[0], "{sizes:?}");
}

/// Where there is one block, nothing stands between it and another. (Libdeflate leaves up to 51 bytes
/// as they are.)
#[test]
fn little_input_is_hardly_larger_than_gzips() {
    for length in [0, 100, 1024] {
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

/// Numbers have short repeats; rows that are alike, and what is repeated across blocks, hardly anything else.
#[test]
fn numbers_and_rows_that_are_alike_are_hardly_larger_than_gzips() {
    let mut random = Random::new(5);
    let numbers = (0..150_000).map(|row| format!("{}\t{row}\n", random.below(10)));
    let alike = format!("{:060}\t\n", 0).repeat(25_000);
    let digits = hexadecimal(30_000).into_iter().cycle().take(2 * BLOCK);
    for (name, input) in [
        ("numbers", numbers.collect::<String>().into_bytes()),
        ("alike", alike.into_bytes()),
        ("digits", digits.collect()),
    ] {
        for level in ["-1", "-6", "-9"] {
            let ours = compressed(level, &input).len();
            let theirs = output_of(&other(&format!("gzip {level}")), &input).len();
            let what = format!("{name}, {level}: {ours}, gzip has {theirs}");
            assert!(ours <= theirs * 103 / 100, "{what}");
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
