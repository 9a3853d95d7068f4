//! The child's messages on their way to standard error.
//!
//! They pass unaltered, as they come. They are looked at for two things, which the exit status does
//! not tell: a server that is too new, and passwords that may not be read. They can be muted, since
//! what a child says of being ended is noise when the reader has gone away.

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

/// But not in a line that shows a query, as every failure of it does.
const SQL: [&[u8]; 3] = [b"SELECT ", b"FROM ", b"JOIN "];

/// Longer than any refusal.
const LINE: usize = 4096;

/// A program that some wrapper around `pg_dump` left in the background may hold the pipe open;
/// this long after the dump its words do not count any more.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What the child has said, as far as something depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words {
    /// The server is newer than the program.
    pub(crate) version_mismatch: bool,
    /// It named the table of passwords.
    pub(crate) password_refusal: bool,
}

pub(crate) struct Relay {
    is_mute: Arc<AtomicBool>,
    words: Receiver<Words>,
}

impl Relay {
    /// Passes on what comes from `messages`, until its end.
    pub(crate) fn start(messages: impl Read + Send + 'static) -> io::Result<Self> {
        let is_mute = Arc::new(AtomicBool::new(false));
        let (sender, words) = channel();
        let muted = Arc::clone(&is_mute);
        thread::Builder::new().spawn(move || sender.send(pass(messages, &muted)))?;
        Ok(Self { is_mute, words })
    }

    /// Nothing is passed on from now.
    pub(crate) fn mute(&self) {
        self.is_mute.store(true, Ordering::SeqCst);
    }

    /// When the last message has been passed on.
    pub(crate) fn finish(self) -> Words {
        self.words.recv_timeout(LAST_WORDS).unwrap_or_default()
    }
}

/// Reads on even where standard error takes no more, so that the child is not held up.
fn pass(mut messages: impl Read, is_mute: &AtomicBool) -> Words {
    let mut words = Words::default();
    let mut recent: Vec<u8> = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = messages.read(&mut piece) {
        let piece = &piece[..length];
        if !is_mute.load(Ordering::SeqCst) {
            let _ = stderr().write_all(piece);
        }
        recent.extend_from_slice(piece);
        words.version_mismatch |= memmem::find(&recent, MISMATCH).is_some();
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            if line.len() < LINE {
                line.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                words.password_refusal |= memmem::find(&line, PASSWORDS).is_some()
                    && SQL.iter().all(|word| memmem::find(&line, word).is_none());
                line.clear();
            }
        }
        recent.drain(..recent.len().saturating_sub(MISMATCH.len()));
    }
    words
}
