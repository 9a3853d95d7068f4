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

/// Codes of so many letters, of which some are met again within the window, before or behind digits.
fn codes(codes: usize, length: usize, digits_before: usize) -> Vec<u8> {
    let letters = letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", codes * length);
    let all: Vec<_> = letters.chunks(length).collect();
    let mut random = Random::new(4);
    let text = (0..BLOCK / length).map(|_| random.choose(&all));
    let (text, digits) = (text.collect::<Vec<_>>().concat(), hexadecimal(8192));
    let (before, behind) = digits.split_at(digits_before);
    [before, &text, behind].concat()
}

/// Inputs, and how many hundredths of gzip's size they may come to.
fn sized() -> Vec<(&'static str, Vec<u8>, usize)> {
    let mut random = Random::new(5);
    let numbers = (0..150_000).map(|row| format!("{}\t{row}\n", random.below(10)));
    let alike = format!("{:060}\t\n", 0).repeat(25_000);
    let digits = hexadecimal(30_000).into_iter().cycle().take(2 * BLOCK);
    let rows = rows(1_500_000).map(|(name, rows)| (name, rows, 100));
    let others = [
        // A text of eight words at random loses 0.8 %.
        ("text", text(2_000_000), 101),
        // Not repeated, they are coded in hardly more than their four bits.
        ("digits", hexadecimal(1_500_000), 91),
        ("a run", vec![b'a'; 300_000], 100),
        // Numbers have short repeats; rows that are alike, and what is repeated across blocks, hardly anything else.
        ("numbers", numbers.collect::<String>().into_bytes(), 103),
        ("alike", alike.into_bytes(), 103),
        ("repeated digits", digits.collect(), 103),
        ("codes behind digits", codes(1000, 7, 8192), 103),
        ("codes before digits", codes(4000, 6, 0), 103),
        ("rare codes behind digits", codes(20_000, 7, 8192), 103),
        // Where there is one block, nothing stands between it and another.
        ("a little", text(1024), 101),
    ];
    rows.into_iter().chain(others).collect()
}

/// "Never larger than gzip of the same level by more than 1 %": with what dumps hold not at all.
#[test]
fn every_level_of_gzip_reads_back_and_is_no_larger_than_gzips_or_than_the_level_below() {
    let mut sizes = [0; 9];
    for (name, input, most) in sized() {
        for (level, sum) in (1..).zip(&mut sizes) {
            let stream = compressed(&format!("-{level}"), &input);
            let what = format!("{name}, -{level}");
            assert!(output_of(&other("gzip -dc"), &stream) == input, "{what}");
            let theirs = output_of(&other(&format!("gzip -{level}")), &input).len();
            let ours = stream.len();
            assert!(
                ours <= theirs * most / 100 + 1,
                "{what}: {ours} bytes, gzip has {theirs}"
            );
            *sum += ours;
        }
    }
    assert!(sizes.is_sorted_by(|less, more| less >= more), "{sizes:?}");
    assert!(sizes[8] < sizes[0], "{sizes:?}");
}

/// Blocks end at any bit, and others follow.
#[test]
fn sixteen_blocks_make_one_member() {
    let input = text(16 * BLOCK);
    let stream = compressed("-1", &input);
    assert!(output_of(&other("gzip -dc"), &stream) == input);
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
        for (threads, at_once) in [(1, 1), (2, 4095), (3, 1 << 20), (8, 1)] {
            let same = write(threads, at_once) == one;
            assert!(
                same,
                "{mode:?}, {threads} threads, {at_once} bytes at a time"
            );
        }
    }
}
