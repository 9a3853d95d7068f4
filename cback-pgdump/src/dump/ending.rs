//! How a whole dump ends.
//!
//! The last lines are the program's marker, `--`, an empty line; pg_dump of the minor releases of
//! 2025 and later adds `\unrestrict KEY` and another empty line, having written `\restrict KEY`,
//! with the same random KEY, above all statements. Nothing may follow. A row can equal the marker, and
//! a dump may break off there: hence all that follows the marker is compared, to the last byte, and
//! the keys with each other.

use crate::request::Target;
use std::collections::VecDeque;

/// Bytes kept of the beginning and of the end. Ample: a key that pg_dump makes up has 63.
pub(crate) const KEPT: usize = 4096;

/// How a dump begins and ends: its first and its last [`KEPT`] bytes.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Ending {
    /// The next piece of the dump.
    pub(crate) fn observe(&mut self, piece: &[u8]) {
        let room = KEPT - self.head.len();
        self.head.extend(&piece[..room.min(piece.len())]);
        let news = &piece[piece.len().saturating_sub(KEPT)..];
        let excess = (self.tail.len() + news.len()).saturating_sub(KEPT);
        self.tail.drain(..excess);
        self.tail.extend(news);
    }

    /// Whether the beginning is known: from then on a piece need not be observed if [`KEPT`] bytes follow it.
    pub(crate) fn has_head(&self) -> bool {
        self.head.len() == KEPT
    }

    /// Whether it is the beginning and end of a whole dump of this form.
    pub(crate) fn is_whole(&self, form: Form) -> bool {
        // Rows may hold line ends and look like an end: so the last key is asked only where there is no first.
        let key = restrict_key(&self.head).or_else(|| unrestrict_key(&self.tail));
        let end = form.tail(key);
        let lines = [&[form.marker().into()], Vec::from(end).as_slice()].concat();
        let end = [&lines.join(&b'\n')[..], b"\n"].concat();
        let before = self.tail.strip_suffix(&end[..]);
        before.is_some_and(|before| before.is_empty() || before.ends_with(b"\n"))
    }
}

/// The program whose output it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `pg_dump`.
    Database,
    /// `pg_dumpall`, also with `--globals-only`.
    Cluster,
}

impl Form {
    /// The line that only a whole dump has at its end.
    pub(crate) fn marker(self) -> &'static str {
        match self {
            Self::Database => "-- PostgreSQL database dump complete",
            Self::Cluster => "-- PostgreSQL database cluster dump complete",
        }
    }

    /// The lines that come after the marker; `key` is that of `\restrict`.
    pub(crate) fn tail(self, key: Option<&[u8]>) -> VecDeque<Vec<u8>> {
        let mut lines = VecDeque::from([b"--".to_vec(), Vec::new()]);
        if let (Self::Database, Some(key)) = (self, key) {
            lines.extend([[b"\\unrestrict ", key].concat(), Vec::new()]);
        }
        lines
    }
}

impl From<&Target> for Form {
    fn from(target: &Target) -> Self {
        match target {
            Target::Database(_) => Self::Database,
            Target::All | Target::Globals { .. } => Self::Cluster,
        }
    }
}

/// The key in `\restrict KEY`, if that is the first line after the comments.
fn restrict_key(dump: &[u8]) -> Option<&[u8]> {
    let mut lines = dump.split(|&byte| byte == b'\n');
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"--"))?;
    first.strip_prefix(b"\\restrict ").filter(|key| is_key(key))
}

/// The key in the last line, if it is `\unrestrict KEY`.
fn unrestrict_key(dump: &[u8]) -> Option<&[u8]> {
    let last = dump.trim_ascii_end().rsplit(|&byte| byte == b'\n').next()?;
    last.strip_prefix(b"\\unrestrict ")
        .filter(|key| is_key(key))
}

pub(crate) fn is_key(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(u8::is_ascii_alphanumeric)
}
