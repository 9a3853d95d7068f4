//! Taking the seal off.
//!
//! A pipe's end of file does not say whether the writer had finished or died. So the dump, once
//! it knows itself complete, writes a word after its last byte that was drawn for it alone, and
//! here the word must be there. It can only be told from data once the input has ended, so as
//! many bytes as the word is long are held back from the reader until then.

use std::io::{self, Read};

use crate::error::Error;

/// Reads what comes before the seal; the end of the input is an error unless the seal stands there.
pub(crate) struct Unsealed<R> {
    input: R,
    seal: Vec<u8>,
    held: Vec<u8>,
}

impl<R: Read> Unsealed<R> {
    /// An empty seal is always there.
    pub(crate) fn new(input: R, seal: Vec<u8>) -> Self {
        let held = Vec::new();
        Self { input, seal, held }
    }

    fn end(&self) -> io::Result<usize> {
        if self.held == self.seal {
            Ok(0)
        } else {
            Err(Error::SealMissing.into())
        }
    }
}

impl<R: Read> Read for Unsealed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.seal.is_empty() {
            return self.input.read(buffer);
        }
        loop {
            let fresh = self.input.read(buffer)?;
            if fresh == 0 {
                return self.end();
            }
            // Never more than is fresh, so it fits: no more than the seal's length was held.
            self.held.extend_from_slice(&buffer[..fresh]);
            let ready = self.held.len().saturating_sub(self.seal.len());
            if ready > 0 {
                buffer[..ready].copy_from_slice(&self.held[..ready]);
                self.held.drain(..ready);
                return Ok(ready);
            }
        }
    }
}
