//! The SHA-256 of a stream that passes by.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use sha2::{Digest as _, Sha256};

/// Shared with the thread that reads the stream.
#[derive(Clone, Default)]
struct Hash(Arc<Mutex<Sha256>>);

impl Hash {
    fn lock(&self) -> MutexGuard<'_, Sha256> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A digest, and the file that it is for; or nothing at all.
pub(crate) struct Digest(Option<(PathBuf, Hash)>);

impl Digest {
    /// Makes none unless there is a `path` for it.
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        Self(path.map(|path| (path, Hash::default())))
    }

    /// Takes what is read from or written to `stream` into the digest.
    pub(crate) fn of<S>(&self, stream: S) -> Digested<S> {
        let hash = self.0.as_ref().map(|(_, hash)| hash.clone());
        Digested { stream, hash }
    }

    /// Writes it, as 64 hexadecimal digits and a newline.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let Some((path, hash)) = &self.0 else {
            return Ok(());
        };
        let mut line = String::new();
        for byte in hash.lock().clone().finalize() {
            write!(line, "{byte:02x}")?;
        }
        fs::write(path, line + "\n").with_context(|| path.display().to_string())
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
