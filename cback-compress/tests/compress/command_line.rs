//! "Usage errors, `--help` and `--version` are clap's own, in clap's own words."

use cback_tests::Finished;

use crate::samples::text;
use crate::{compressed, other, output_of, program, run};

#[track_caller]
fn assert_usage_error(arguments: &str, says: &str) {
    let done = run(&program(arguments), b"data");
    let said = done.fails(2);
    assert!(
        said.starts_with("error: ") && said.contains(says),
        "{arguments}: {said}"
    );
    assert_eq!(done.printed(), "", "{arguments}");
}

#[test]
fn wrong_usage_is_told_apart_by_status_2() {
    for (arguments, says) in [
        ("--threads 0", "'--threads <N>'"),
        ("-p 1025", "1025 is not in 1..=1024"),
        ("-m zip", "'zip'"),
        ("-0", "'-0'"),
        ("--seal=", "'--seal <WORD>'"),
        ("--seal", "'--seal <WORD>'"),
        ("--fast", "'--fast'"),
        ("file", "'file'"),
        ("-- -1", "'-1'"),
        ("--die-with=0", "0 is not in 1.."),
        ("--die-with=4294967297", "4294967297 is not in 1.."),
        ("--owner=1:2", "--output <FILE>"),
        ("--output f --owner 1", "'1' for '--owner <UID:GID>'"),
        ("-dt", "'--test'"),
    ] {
        assert_usage_error(arguments, says);
    }
}

#[test]
fn what_is_for_packing_is_wrong_usage_where_the_input_is_unpacked() {
    for packing in [
        "-m gzip",
        "--mode=none",
        "-1",
        "-9",
        "--seal x",
        "--fsync",
        "--output f",
    ] {
        let option = packing.split([' ', '=']).next().unwrap();
        assert_usage_error(&format!("-d {packing}"), option);
        assert_usage_error(&format!("{packing} --test"), option);
    }
}

#[test]
fn the_last_level_counts_and_the_default_is_6_of_gzip_and_bzip2s_own() {
    let input = text(1_000_000);
    let [nine, default] = ["-9", ""].map(|arguments| compressed(arguments, &input));
    assert_ne!(nine, compressed("-1", &input));
    for last in ["-1 -9", "-19"] {
        assert_eq!(nine, compressed(last, &input), "{last}");
    }
    assert_eq!(default, compressed("-6 --mode gzip", &input));
    let bzip2 = compressed("-m bzip2", &input);
    assert!(bzip2 == output_of(&other("bzip2 -c"), &input));
}

#[test]
fn help_and_version_go_to_standard_output() {
    let version = output_of(&program("--version"), b"");
    let expected = format!("cback-compress {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(version, expected.as_bytes());
    let options =
        "--mode -1 -9 --threads --seal --fsync --input --output --progress --decompress --test";
    for help in ["-h", "--help"] {
        let text = String::from_utf8(output_of(&program(help), b"")).unwrap();
        for option in options.split(' ') {
            assert!(text.contains(option), "no {option}: {text}");
        }
    }
}
