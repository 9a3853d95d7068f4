//! "`--seal WORD`: the input must end with WORD, which is not part of the data."

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use cback_compress::{Error, Mode};
use cback_tests::{Finished, cases};
use proptest::prelude::*;

use crate::samples::{Slices, text};
use crate::{FORMATS, compressed, is_whole, options, other, output_of, packed, program, run};

const SEAL: &str = "seal-3f9c01";
const MISSING: &str = "cback-compress: the input is incomplete, without its seal at the end: the output is left unfinished\n";

/// Nothing, a little, several blocks of any format.
const LENGTHS: [usize; 3] = [0, 1000, 3_000_000];

#[test]
fn the_seal_is_taken_off_and_an_input_without_it_leaves_the_output_unfinished() {
    let (cut, beheaded) = (&SEAL[..SEAL.len() - 1], &SEAL[1..]);
    let earlier = format!("{SEAL}\n");
    let around = [
        ("", ""),
        ("", &SEAL[..1]),
        ("", cut),
        ("", beheaded),
        (SEAL, "."),
        ("", &earlier),
    ];
    for length in LENGTHS {
        let sealed = [&text(length), SEAL.as_bytes()].concat();
        for format in FORMATS {
            let stream = compressed(&format!("-m {format} --seal {SEAL}"), &sealed);
            let data = output_of(&other(&format!("{format} -dc")), &stream);
            assert!(data == text(length), "{format}, {length} bytes");
        }
        for (start, end) in around {
            let input = [start.as_bytes(), &text(length), end.as_bytes()].concat();
            for format in FORMATS {
                let arguments = format!("-m {format} -p2 --seal {SEAL}");
                let done = run(&program(&arguments), &input);
                let left = (done.fails(1), is_whole(format, &done.stdout));
                assert_eq!(
                    left,
                    (MISSING.into(), false),
                    "{format}, {length} bytes between {start:?} and {end:?}"
                );
            }
        }
    }
}

#[test]
fn only_the_last_of_two_seals_is_taken_off_and_it_need_not_be_text() {
    for seal in [SEAL.as_bytes(), b"\xff\xfe\n"] {
        let mut command = program("-m none --seal");
        command.arg(OsStr::from_bytes(seal));
        assert_eq!(output_of(&command, &seal.repeat(2)), seal);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(256)))]

    /// Wherever the borders of reads fall in data and seal.
    #[test]
    fn the_seal_is_taken_off_however_it_arrives(
        data in prop::collection::vec(0..3_u8, 0..40),
        seal in prop::collection::vec(0..3_u8, 1..8),
        at_once in 1..12_usize,
    ) {
        let options = options(Mode::None, 1, 1, &seal);
        let sealed = [&data[..], &seal].concat();
        let (result, output) = packed(Slices::new(&sealed, at_once), &options);
        prop_assert!(result.is_ok());
        prop_assert_eq!(&output, &data);

        let (result, _) = packed(Slices::new(&data, at_once), &options);
        if data.ends_with(&seal) {
            prop_assert!(result.is_ok());
        } else {
            prop_assert!(matches!(result, Err(Error::SealMissing)));
        }
    }
}
