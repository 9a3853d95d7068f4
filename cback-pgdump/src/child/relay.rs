//! The child's messages on their way to standard error.
//!
//! They pass as they come, a line a write. A server that is too new is recognised in them, which the exit status does not
//! tell. They can be muted: where writing has failed the child is ended, and what it says of that would only hide the
//! cause.
//!
//! Their text is partly the server's, whose functions can make it as long as they want. So of each line
//! the beginning is passed on, and of more than [`BEGINNING`] bytes the last [`END`] besides.

use crate::stdio::{self, LINE, bounded};
use memchr::memmem;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// In the C locale: `aborting because of server version mismatch`.
const MISMATCH: &[u8] = b"server version mismatch";

/// After an upgrade of the system: a server's words at each connection to a database, with a detail and a hint.
const COLLATION: &[u8] = b" has a collation version mismatch";

/// Bytes of messages that pass at once.
const BEGINNING: usize = 1 << 20;

/// Bytes of messages that are kept after that, until it is known that they are the last.
const END: usize = 64 << 10;

/// How long the end of the messages is waited for after the dump: a program that some wrapper around
/// `pg_dump` left in the background may hold the pipe open.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Relay {
    is_mute: Arc<AtomicBool>,
    is_mismatch: Receiver<bool>,
}

impl Relay {
    /// Passes on what comes from `messages`, until its end; nothing from the start if `is_mute`.
    pub(crate) fn start(messages: impl Read + Send + 'static, is_mute: bool) -> io::Result<Self> {
        let is_mute = Arc::new(AtomicBool::new(is_mute));
        let (sender, is_mismatch) = channel();
        let muted = Arc::clone(&is_mute);
        thread::Builder::new().spawn(move || sender.send(forward(messages, &muted)))?;
        Ok(Self {
            is_mute,
            is_mismatch,
        })
    }

    /// Nothing is passed on from now.
    pub(crate) fn mute(&self) {
        self.is_mute.store(true, Ordering::SeqCst);
    }

    /// Waits until the last message has been passed on, but not for ever; whether the server is newer than the program.
    pub(crate) fn finish(self) -> bool {
        self.is_mismatch.recv_timeout(PATIENCE).unwrap_or_default()
    }
}

/// Reads on where standard error is closed or full, so that the child does not wait for ever.
fn forward(messages: impl Read, is_mute: &AtomicBool) -> bool {
    let mut messages = BufReader::new(messages);
    let mut is_mismatch = false;
    let mut length = 0;
    let mut last = Last::default();
    let mut collation = Collation::default();
    while let Some(line) = next_line(&mut messages) {
        if collation.is_known(&line) {
            continue;
        }
        is_mismatch |= memmem::find(&line, MISMATCH).is_some();
        length += line.len();
        if length > BEGINNING {
            last.push(line);
        } else if !is_mute.load(Ordering::SeqCst) {
            stdio::pass(&line);
        }
    }
    if !is_mute.load(Ordering::SeqCst) {
        last.write();
    }
    is_mismatch
}

/// The next line, as much of it as is passed on; none at the end.
fn next_line(messages: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let limit = LINE as u64 + 1;
    let length = messages.take(limit).read_until(b'\n', &mut line).ok()?;
    if length as u64 == limit && !line.ends_with(b"\n") {
        line = bounded(&line, LINE);
        line.push(b'\n');
        messages.skip_until(b'\n').ok()?;
    }
    (length > 0).then_some(line)
}

/// The last words on collations: a line a database is enough, and pg_dumpall's own database is named again.
#[derive(Default)]
struct Collation {
    first: Option<Vec<u8>>,
    is_last: bool,
}

impl Collation {
    fn is_known(&mut self, line: &[u8]) -> bool {
        if self.is_last && (line.starts_with(b"DETAIL:") || line.starts_with(b"HINT:")) {
            return true;
        }
        self.is_last = memmem::find(line, COLLATION).is_some();
        if !self.is_last {
            return false;
        }
        let is_known = self.first.as_deref() == Some(line);
        self.first.get_or_insert_with(|| line.to_vec());
        is_known
    }
}

/// The last lines, about [`END`] bytes.
#[derive(Default)]
struct Last {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    has_lost: bool,
}

impl Last {
    fn push(&mut self, line: Vec<u8>) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.bytes > END {
            self.bytes -= self.lines.pop_front().map_or(0, |first| first.len());
            self.has_lost = true;
        }
    }

    fn write(self) {
        if self.has_lost {
            stdio::say("some messages are left out here");
        }
        for line in self.lines {
            stdio::pass(&line);
        }
    }
}
