//! The child's messages on their way to standard error.
//!
//! They pass unaltered, as they come. They are looked at for one thing, which the exit status does
//! not tell and a hint depends on; and they can be muted, since what a child says of being ended is
//! noise when the reader has gone away.

use std::io::{self, Read, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// In the C locale: `aborting because of server version mismatch`.
const MISMATCH: &[u8] = b"server version mismatch";

/// A program that some wrapper around `pg_dump` left in the background may hold the pipe open;
/// this long after the dump its words do not count any more.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(crate) struct Relay {
    is_mute: Arc<AtomicBool>,
    is_version_mismatch: Receiver<bool>,
}

impl Relay {
    /// Passes on what comes from `messages`, until its end.
    pub(crate) fn start(messages: impl Read + Send + 'static) -> io::Result<Self> {
        let is_mute = Arc::new(AtomicBool::new(false));
        let (sender, is_version_mismatch) = channel();
        let muted = Arc::clone(&is_mute);
        thread::Builder::new().spawn(move || sender.send(pass(messages, &muted)))?;
        Ok(Self {
            is_mute,
            is_version_mismatch,
        })
    }

    /// Nothing is passed on from now.
    pub(crate) fn mute(&self) {
        self.is_mute.store(true, Ordering::SeqCst);
    }

    /// When the last message has been passed on: was there one about a server that is too new?
    pub(crate) fn finish(self) -> bool {
        self.is_version_mismatch
            .recv_timeout(LAST_WORDS)
            .unwrap_or(false)
    }
}

/// Reads on even where standard error takes no more, so that the child is not held up.
fn pass(mut messages: impl Read, is_mute: &AtomicBool) -> bool {
    let mut found = false;
    let mut recent: Vec<u8> = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = messages.read(&mut piece) {
        if !is_mute.load(Ordering::SeqCst) {
            let _ = stderr().write_all(&piece[..length]);
        }
        recent.extend_from_slice(&piece[..length]);
        found |= recent
            .windows(MISMATCH.len())
            .any(|window| window == MISMATCH);
        recent.drain(..recent.len().saturating_sub(MISMATCH.len()));
    }
    found
}
