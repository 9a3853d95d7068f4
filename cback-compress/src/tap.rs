//! A stream whose bytes somebody else sees too, as they pass by.

use std::io::{self, Read, Write};

/// Shows `tap` what is read from or written to `stream`.
pub(crate) struct Tap<S, F> {
    pub(crate) stream: S,
    pub(crate) tap: F,
}

impl<R: Read, F: FnMut(&[u8])> Read for Tap<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        (self.tap)(&buffer[..count]);
        Ok(count)
    }
}

impl<W: Write, F: FnMut(&[u8])> Write for Tap<W, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        (self.tap)(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
