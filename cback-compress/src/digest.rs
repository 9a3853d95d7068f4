//! The SHA-256 of a stream that passes by.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

/// Shared with the thread that reads the stream.
#[derive(Clone, Default)]
struct Hash(Arc<Mutex<Sha256>>);

impl Hash {
    fn lock(&self) -> MutexGuard<'_, Sha256> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A digest, or nothing at all.
pub(crate) struct Digest(Option<Hash>);

impl Digest {
    /// Makes none unless it is `wanted`.
    pub(crate) fn new(wanted: bool) -> Self {
        Self(wanted.then(Hash::default))
    }

    /// Takes what is read from or written to `stream` into the digest.
    pub(crate) fn of<S>(&self, stream: S) -> Digested<S> {
        let hash = self.0.clone();
        Digested { stream, hash }
    }

    /// In 64 hexadecimal digits; empty where there is none.
    pub(crate) fn hexadecimal(&self) -> String {
        let mut digits = String::new();
        for byte in self
            .0
            .iter()
            .flat_map(|hash| hash.lock().clone().finalize())
        {
            let _ = write!(digits, "{byte:02x}"); // a String takes it
        }
        digits
    }
}

/// A stream whose bytes are hashed.
pub(crate) struct Digested<S> {
    stream: S,
    hash: Option<Hash>,
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        if let Some(hash) = &self.hash {
            hash.lock().update(&buffer[..count]);
        }
        Ok(count)
    }
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        if let Some(hash) = &self.hash {
            hash.lock().update(&bytes[..count]);
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
