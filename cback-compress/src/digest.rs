//! The SHA-256 of a stream that passes by.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::tap::Tap;

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
    pub(crate) fn of<S>(&self, stream: S) -> Tap<S, impl FnMut(&[u8]) + Send + use<S>> {
        let hash = self.0.clone();
        let tap = move |bytes: &[u8]| {
            if let Some(hash) = &hash {
                hash.lock().update(bytes);
            }
        };
        Tap { stream, tap }
    }

    /// In 64 hexadecimal digits; empty where there is none.
    pub(crate) fn hexadecimal(&self) -> String {
        let mut digits = String::new();
        if let Some(hash) = &self.0 {
            for byte in hash.lock().clone().finalize() {
                let _ = write!(digits, "{byte:02x}"); // a String takes it
            }
        }
        digits
    }
}
