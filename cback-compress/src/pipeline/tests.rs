//! The pipeline with parts that fail, and with parts that take their time.
use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use super::{Convert, Format, Join, Split, run};
use crate::error::Error;

const END: &[u8] = b"END";

/// Each byte of input is a block.
struct Bytes;

impl Split for Bytes {
    type Block = u8;

    fn split(&mut self, input: &mut impl Read) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((input.read(&mut byte)? > 0).then_some(byte[0]))
    }
}

/// The function makes a piece of each block.
#[derive(Clone)]
struct By<F>(F);

impl<F: Fn(u8) -> io::Result<u8> + Clone + Send + 'static> Convert for By<F> {
    type Block = u8;
    type Piece = u8;

    fn convert(&mut self, block: u8) -> io::Result<u8> {
        (self.0)(block)
    }
}

/// Writes the pieces, and an end.
struct Ended;

impl Join for Ended {
    type Piece = u8;

    fn join(&mut self, piece: u8, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&[piece])
    }

    fn finish(self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(END)
    }
}

fn write(
    input: impl Read + Send + 'static,
    threads: usize,
    convert: impl Fn(u8) -> io::Result<u8> + Clone + Send + 'static,
    output: &mut impl Write,
) -> Result<(), Error> {
    let format = Format {
        split: Bytes,
        converter: By(convert),
        join: Ended,
    };
    run(format, input, output, NonZeroUsize::new(threads))
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

fn bytes(count: u8) -> io::Cursor<Vec<u8>> {
    io::Cursor::new((0..count).collect())
}

/// Each number of threads, with parts that fail and parts that panic.
fn ways() -> impl Iterator<Item = (usize, bool)> {
    [1, 2, 8]
        .into_iter()
        .flat_map(|threads| [(threads, false), (threads, true)])
}

#[test]
fn pieces_are_joined_in_order_however_they_are_finished() {
    let done = Arc::new((Mutex::new(HashSet::new()), Condvar::new()));
    let convert = move |block: u8| {
        let (odd, more) = &*done;
        if block % 2 == 1 {
            odd.lock().unwrap().insert(block);
            more.notify_all();
        } else {
            // Each even one waits for the one after it.
            let early = |odd: &mut HashSet<u8>| !odd.contains(&(block + 1));
            drop(more.wait_while(odd.lock().unwrap(), early).unwrap());
        }
        Ok(block)
    };
    let mut output = Vec::new();
    write(bytes(100), 4, convert, &mut output).unwrap();
    assert_eq!(output, [&(0..100).collect::<Vec<u8>>(), END].concat());
}

#[test]
fn a_converter_that_fails_or_panics_leaves_it_unfinished() {
    for (threads, panics) in ways() {
        for fatal in [0, 1, 50, 99] {
            let convert = move |block| match block {
                _ if block == fatal => Err(broken(panics)),
                _ => Ok(block),
            };
            let mut output = Vec::new();
            let result = write(bytes(100), threads, convert, &mut output);
            assert_fails(result, panics, "converting a block failed");
            assert_eq!(output, (0..fatal).collect::<Vec<u8>>(), "{threads} threads");
        }
    }
}

struct Broken(bool);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(broken(self.0))
    }
}

#[test]
fn an_input_that_fails_or_panics_leaves_it_unfinished() {
    for (threads, panics) in ways() {
        for good in [0, 1, 2, 100] {
            let mut output = Vec::new();
            let result = write(bytes(good).chain(Broken(panics)), threads, Ok, &mut output);
            assert_fails(result, panics, "the input");
            assert!(!output.ends_with(END), "{threads} threads, {good} bytes");
        }
    }
}

/// Takes so many bytes, then fails or panics.
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

/// A hundred bytes, an end of three, and a flush that wants room too.
#[test]
fn a_write_that_fails_or_panics_is_a_failure_even_the_last_and_the_flush() {
    for (threads, panics) in ways() {
        for room in [0, 1, 50, 99, 100, 102, 103] {
            let result = write(bytes(100), threads, Ok, &mut Disk { room, panics });
            assert_fails(result, panics, "the output");
        }
        let room = 104;
        write(bytes(100), threads, Ok, &mut Disk { room, panics }).unwrap();
    }
}

/// Counts the blocks that were read.
struct Endless(Arc<AtomicUsize>);

impl Read for Endless {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(1)
    }
}

/// Lets nothing through until the reader has stopped by itself, then fails.
struct Stuck(Arc<AtomicUsize>);

impl Write for Stuck {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        let mut last = 0;
        let mut still = 0;
        while still < 1_000_000 {
            let now = self.0.load(Ordering::SeqCst);
            still = if now == last { still + 1 } else { 0 };
            last = now;
            std::hint::spin_loop();
        }
        Err(broken(false))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// "Memory is bounded by threads and block size, never by the input"
#[test]
fn no_more_is_read_ahead_than_two_blocks_a_thread_and_a_few() {
    let read = Arc::new(AtomicUsize::new(0));
    let mut output = Stuck(Arc::clone(&read));
    write(Endless(Arc::clone(&read)), 4, Ok, &mut output).unwrap_err();
    // One with the writer, two a thread in its queue, one that waits to be put there.
    let read = read.load(Ordering::SeqCst);
    assert!(read <= 1 + 8 + 1, "{read} blocks");
}
