//! The pipeline with parts that fail or panic in ways that no command line can bring about.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use super::{Join, run};
use crate::error::Error;

/// Writes the pieces, and an end of three bytes.
struct Ended;

impl Join for Ended {
    type Piece = u8;

    fn join(&mut self, piece: u8, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&[piece])
    }

    fn finish(self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(b"END")
    }
}

/// A hundred blocks of a byte each.
fn write(
    threads: usize,
    convert: impl FnMut(u8) -> io::Result<u8> + Clone + Send + 'static,
    output: &mut impl Write,
) -> Result<(), Error> {
    run(
        (0..100).map(Ok),
        1,
        convert,
        Ended,
        output,
        NonZeroUsize::new(threads),
    )
}

/// Asserts that a part which fails with "broken" was said to be at fault, or that one panicked.
#[track_caller]
fn assert_fails(result: Result<(), Error>, panics: bool, says: &str) {
    let error = result.unwrap_err();
    if panics {
        assert!(matches!(error, Error::Panicked), "{error:?}");
    } else {
        let said = format!("{:#}", anyhow::Error::from(error));
        assert_eq!(said, format!("{says}: broken"));
    }
}

fn broken(panics: bool) -> io::Error {
    assert!(!panics, "on purpose");
    io::Error::other("broken")
}

/// Each number of threads, with parts that fail and parts that panic.
const WAYS: [(usize, bool); 4] = [(1, false), (1, true), (3, false), (3, true)];

#[test]
fn a_converter_that_fails_or_panics_leaves_it_unfinished() {
    for (threads, panics) in WAYS {
        for fatal in [0, 1, 50, 99] {
            let convert = move |block| match block {
                _ if block == fatal => Err(broken(panics)),
                _ => Ok(block),
            };
            let mut output = Vec::new();
            let result = write(threads, convert, &mut output);
            assert_fails(result, panics, "converting a block failed");
            assert_eq!(output, (0..fatal).collect::<Vec<u8>>(), "{threads} threads");
        }
    }
}

/// Takes so many bytes, then fails or panics; a flush wants room too.
struct Disk {
    room: usize,
    panics: bool,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        let count = bytes.len().min(self.room);
        self.room -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.room {
            0 => Err(broken(self.panics)),
            _ => Ok(()),
        }
    }
}

#[test]
fn a_write_that_fails_or_panics_is_a_failure_even_the_last_and_the_flush() {
    for (threads, panics) in WAYS {
        for room in [0, 1, 99, 100, 102, 103] {
            let result = write(threads, Ok, &mut Disk { room, panics });
            assert_fails(result, panics, "the output");
        }
        let room = 104;
        write(threads, Ok, &mut Disk { room, panics }).unwrap();
    }
}
