//! The dump as it is read: by lines, or by what the buffer holds.

use std::io::{BufRead, BufReader, ErrorKind, Read, Result};
use xxhash_rust::xxh3::Xxh3;

/// Stays in a core's own cache: with 256 KiB, reading took three times the CPU time.
const BUFFER: usize = 64 << 10;

/// Bytes of a line that are returned at once. No comment and no command that pg_dump writes is longer.
pub(crate) const PART: usize = 64 << 10;

pub(crate) struct Input<R> {
    reader: BufReader<Digested<R>>,
    /// The number of the last line that was returned, from 1.
    pub(crate) line: u64,
    /// Where ends what was returned last, in bytes from the dump's beginning.
    pub(crate) bytes: u64,
    /// Where its line begins.
    pub(crate) before: u64,
    /// The line of what was returned last goes on.
    is_inside: bool,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            reader: BufReader::with_capacity(BUFFER, Digested::new(input)),
            line: 0,
            bytes: 0,
            before: 0,
            is_inside: false,
        }
    }

    /// Adds the next line to `line`, or the next [`PART`] bytes of a longer one. Returns whether there is
    /// any; at the dump's end there can be a last line without its end.
    pub(crate) fn line(&mut self, line: &mut Vec<u8>) -> Result<bool> {
        let length = (&mut self.reader)
            .take(PART as u64)
            .read_until(b'\n', line)?;
        if !self.is_inside {
            self.line += u64::from(length > 0);
            self.before = self.bytes;
        }
        self.bytes += length as u64;
        self.is_inside = !line.ends_with(b"\n");
        Ok(length == PART || !self.is_inside)
    }

    /// All that the buffer holds; empty at the end of the dump.
    pub(crate) fn piece(&mut self) -> Result<&[u8]> {
        self.reader.fill_buf()
    }

    /// Takes so many bytes of [`Input::piece`] off, which end so many lines.
    pub(crate) fn consume(&mut self, bytes: usize, lines: u64) {
        self.reader.consume(bytes);
        self.bytes += bytes as u64;
        self.line += lines;
    }

    /// The digest of all that was read, which is the whole dump at its end.
    pub(crate) fn digest(&self) -> u128 {
        self.reader.get_ref().digest()
    }
}

/// Reads, and computes a digest (XXH3, 128 bits) of all that was read: no proof against whoever made the bytes,
/// who could have made others at once, but against their being changed between two readings.
pub(crate) struct Digested<R> {
    input: R,
    digest: Box<Xxh3>,
}

impl<R> Digested<R> {
    pub(crate) fn new(input: R) -> Self {
        let digest = Box::new(Xxh3::new());
        Self { input, digest }
    }

    pub(crate) fn digest(&self) -> u128 {
        self.digest.digest128()
    }
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = loop {
            match self.input.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => break outcome?,
            }
        };
        self.digest.update(&buffer[..length]);
        Ok(length)
    }
}
