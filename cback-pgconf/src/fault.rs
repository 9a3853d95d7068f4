//! Where something is wrong in a document, and what.

use std::fmt;

/// A place in a document: line and column, both from 1, columns counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1. `\n`, `\r\n` and `\r` each end one.
    pub line: u64,
    /// The character within the line, from 1; a byte order mark is none.
    pub column: u64,
}

impl Position {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// Where the text's byte of this index stands.
    pub(crate) fn of(at: usize, text: &str) -> Self {
        let before = &text[..at];
        Self::START.after(before.strip_prefix('\u{feff}').unwrap_or(before))
    }

    /// The place right after `text`, if `text` begins here.
    pub(crate) fn after(self, text: &str) -> Self {
        let last = text.rfind(['\n', '\r']).map(|last| last + 1);
        let length = text[last.unwrap_or(0)..].chars().count() as u64;
        let ends = text.matches(['\n', '\r']).count() - text.matches("\r\n").count();
        Self {
            line: self.line + ends as u64,
            column: last.map_or(self.column, |_| 1) + length,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One thing wrong at one place, with advice where a wrong reading is likely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {cause}")]
pub struct Fault {
    /// Where.
    pub position: Position,
    /// What: lower case, no full stop, one line.
    pub cause: String,
    /// What to do about it, where that is more than the opposite of the cause.
    pub hint: Option<String>,
}

impl Fault {
    pub(crate) fn new(position: Position, cause: impl AsRef<str>) -> Self {
        Self {
            position,
            cause: printable(cause.as_ref()),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(printable(hint.as_ref()));
        self
    }

    pub(crate) fn hint_if(self, hint: Option<impl AsRef<str>>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }
}

/// The text with its control characters escaped: a message is one line, and a terminal obeys some of
/// them (names of files and of elements may hold U+009B, which begins a command).
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}
