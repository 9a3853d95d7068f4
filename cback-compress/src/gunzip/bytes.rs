//! The input, byte by byte or as much as there is, and where in it we are.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use crate::Error;

/// Bytes read at a time.
const CHUNK: usize = 128 << 10;

/// The input, a chunk at a time.
pub(super) struct Bytes {
    chunk: Vec<u8>,
    unread: Range<usize>,
    /// How many bytes were taken.
    position: u64,
}

impl Bytes {
    pub(super) fn new() -> Self {
        Self {
            chunk: vec![0; CHUNK],
            unread: 0..0,
            position: 0,
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// What is there of the input; nothing only at its end.
    pub(super) fn some(&mut self, input: &mut impl Read) -> io::Result<&[u8]> {
        while self.unread.is_empty() {
            match input.read(&mut self.chunk) {
                Ok(0) => break,
                Ok(count) => self.unread = 0..count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.chunk[self.unread.clone()])
    }

    pub(super) fn take(&mut self, count: usize) {
        self.unread.start += count;
        self.position += count as u64;
    }

    pub(super) fn next(&mut self, input: &mut impl Read) -> io::Result<u8> {
        let Some(&byte) = self.some(input)?.first() else {
            return Err(self.cut_off());
        };
        self.take(1);
        Ok(byte)
    }

    /// The next four bytes, the least first.
    pub(super) fn number(&mut self, input: &mut impl Read) -> io::Result<u32> {
        let mut bytes = [0; 4];
        for byte in &mut bytes {
            *byte = self.next(input)?;
        }
        Ok(u32::from_le_bytes(bytes))
    }

    pub(super) fn cut_off(&self) -> io::Error {
        self.damaged("the input ends here, in the middle of a gzip member")
    }

    pub(super) fn damaged(&self, what: &'static str) -> io::Error {
        let byte = self.position;
        Error::Damaged { byte, what }.into()
    }
}
