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

/// Each block becomes what the function makes of it.
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

fn format<F>(convert: F) -> Format<Bytes, By<F>, Ended> {
    Format {
        split: Bytes,
        converter: By(convert),
        join: Ended,
    }
}

/// What comes of `input`, and what was written.
fn outcome(
    input: impl Read + Send + 'static,
    threads: usize,
    convert: impl Fn(u8) -> io::Result<u8> + Clone + Send + 'static,
) -> (Result<(), Error>, Vec<u8>) {
    let mut output = Vec::new();
    let result = run(
        format(convert),
        input,
        &mut output,
        NonZeroUsize::new(threads),
    );
    (result, output)
}

/// The error with its cause, as the program says it.
#[track_caller]
fn said(result: Result<(), Error>) -> String {
    format!("{:#}", anyhow::Error::from(result.unwrap_err()))
}

fn bytes(count: u8) -> io::Cursor<Vec<u8>> {
    io::Cursor::new((0..count).collect())
}

/// An input that ends with a failure, or with a panic.
struct Then<F>(F);

impl<F: FnMut() -> io::Error> Read for Then<F> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err((self.0)())
    }
}

#[test]
fn pieces_are_joined_in_order_however_they_are_finished() {
    let done = Arc::new((Mutex::new(HashSet::new()), Condvar::new()));
    let encode = move |block: u8| {
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
    let (result, output) = outcome(bytes(100), 4, encode);
    result.unwrap();
    assert_eq!(output, [&(0..100).collect::<Vec<u8>>(), END].concat());
}

#[test]
fn a_converter_that_fails_or_panics_leaves_it_unfinished() {
    for threads in [1, 2, 8] {
        for fatal in [0, 1, 50, 99] {
            let fail = move |block| match block {
                _ if block == fatal => Err(io::Error::other("bad")),
                _ => Ok(block),
            };
            let panic = move |block| match block {
                _ if block == fatal => panic!("on purpose"),
                _ => Ok(block),
            };
            let failed = outcome(bytes(100), threads, fail);
            let panicked = outcome(bytes(100), threads, panic);
            assert_eq!(said(failed.0), "converting a block failed: bad");
            assert!(matches!(panicked.0, Err(Error::Panicked)), "{panicked:?}");
            for output in [failed.1, panicked.1] {
                assert_eq!(output, (0..fatal).collect::<Vec<u8>>(), "{threads} threads");
            }
        }
    }
}

#[test]
fn an_input_that_fails_or_panics_leaves_it_unfinished() {
    for threads in [1, 2, 8] {
        for good in [0, 1, 2, 100] {
            let unplugged = Then(|| io::Error::other("unplugged"));
            let failed = outcome(bytes(good).chain(unplugged), threads, Ok);
            let broken = Then(|| panic!("on purpose"));
            let panicked = outcome(bytes(good).chain(broken), threads, Ok);
            assert_eq!(said(failed.0), "the input: unplugged");
            assert!(matches!(panicked.0, Err(Error::Panicked)), "{panicked:?}");
            for output in [failed.1, panicked.1] {
                assert!(!output.ends_with(END), "{threads} threads, {good} bytes");
            }
        }
    }
}

/// Takes so many bytes, then fails or panics.
struct Disk {
    room: usize,
    full: fn() -> io::Error,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err((self.full)());
        }
        let count = bytes.len().min(self.room);
        self.room -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.room == 0 {
            Err((self.full)())
        } else {
            Ok(())
        }
    }
}

fn write_to(disk: &mut Disk, threads: usize) -> Result<(), Error> {
    run(format(Ok), bytes(100), disk, NonZeroUsize::new(threads))
}

#[test]
fn a_write_that_fails_or_panics_is_a_failure_even_the_last_and_the_flush() {
    for threads in [1, 2, 8] {
        for room in [0, 1, 50, 99, 100, 102, 103] {
            let full = || io::Error::other("full");
            let result = write_to(&mut Disk { room, full }, threads);
            assert_eq!(said(result), "the output: full", "{room}, {threads}");
            let full = || panic!("on purpose");
            let result = write_to(&mut Disk { room, full }, threads);
            assert!(matches!(result, Err(Error::Panicked)), "{result:?}");
        }
        let full = || panic!("not full");
        write_to(&mut Disk { room: 104, full }, threads).unwrap();
    }
}

/// Counts the blocks that were read.
struct Endless(Arc<AtomicUsize>);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::SeqCst);
        buffer[0] = 7;
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
        Err(io::Error::other("stuck"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_more_is_read_ahead_than_two_blocks_a_thread_and_a_few() {
    let read = Arc::new(AtomicUsize::new(0));
    let mut output = Stuck(Arc::clone(&read));
    let input = Endless(Arc::clone(&read));
    run(format(Ok), input, &mut output, NonZeroUsize::new(4)).unwrap_err();
    // One with the writer, two a thread in line, one that waits to be put in line.
    let read = read.load(Ordering::SeqCst);
    assert!(read <= 1 + 8 + 1, "{read} blocks");
}
