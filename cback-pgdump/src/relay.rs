//! The child's messages on their way to standard error.
//!
//! They pass unaltered, as they come. Two things are recognised in them, which the exit status does not
//! tell: a server that is too new, and passwords that may not be read. They can be muted: where
//! writing has failed the child is ended, and what it says of that would only hide the cause.

use memchr::memmem;
use std::io::{self, Read, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// In the C locale: `aborting because of server version mismatch`.
const MISMATCH: &[u8] = b"server version mismatch";

/// In any locale: the table that holds passwords, which only a superuser may read.
const PASSWORDS: &[u8] = b"pg_authid";

/// But not in a line that shows the query, as every message about a failed query does.
const SQL: [&[u8]; 3] = [b"SELECT ", b"FROM ", b"JOIN "];

/// Bytes that are kept of a line: longer than any refusal.
const LINE: usize = 4096;

/// How long the end of the messages is waited for after the dump: a program that some wrapper around
/// `pg_dump` left in the background may hold the pipe open.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was recognised in the messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recognised {
    /// The server is newer than the program.
    pub(crate) version_mismatch: bool,
    /// The role may not read the table of passwords.
    pub(crate) password_refusal: bool,
}

pub(crate) struct Relay {
    is_mute: Arc<AtomicBool>,
    recognised: Receiver<Recognised>,
}

impl Relay {
    /// Passes on what comes from `messages`, until its end.
    pub(crate) fn start(messages: impl Read + Send + 'static) -> io::Result<Self> {
        let is_mute = Arc::new(AtomicBool::new(false));
        let (sender, recognised) = channel();
        let muted = Arc::clone(&is_mute);
        thread::Builder::new().spawn(move || sender.send(forward(messages, &muted)))?;
        Ok(Self {
            is_mute,
            recognised,
        })
    }

    /// Nothing is passed on from now.
    pub(crate) fn mute(&self) {
        self.is_mute.store(true, Ordering::SeqCst);
    }

    /// Waits until the last message has been passed on, but not for ever.
    pub(crate) fn finish(self) -> Recognised {
        self.recognised.recv_timeout(PATIENCE).unwrap_or_default()
    }
}

/// Reads on where standard error is closed or full, so that the child does not wait for ever.
fn forward(mut messages: impl Read, is_mute: &AtomicBool) -> Recognised {
    let mut recognised = Recognised::default();
    let mut recent: Vec<u8> = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = messages.read(&mut piece) {
        let piece = &piece[..length];
        if !is_mute.load(Ordering::SeqCst) {
            let _ = stderr().write_all(piece);
        }
        recent.extend_from_slice(piece);
        recognised.version_mismatch |= memmem::find(&recent, MISMATCH).is_some();
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            if line.len() < LINE {
                line.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                recognised.password_refusal |= memmem::find(&line, PASSWORDS).is_some()
                    && SQL.iter().all(|word| memmem::find(&line, word).is_none());
                line.clear();
            }
        }
        recent.drain(..recent.len().saturating_sub(MISMATCH.len()));
    }
    recognised
}
