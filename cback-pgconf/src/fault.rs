//! Everything that is said on standard error: what is wrong, where, and what to do about it.

use std::fmt;
use std::io::{self, Write};

/// One thing that is wrong, with advice where a wrong reading is likely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{cause}", .position.map_or(String::new(), |position| format!("{position}: ")))]
pub struct Fault {
    /// The place, if it is in a document.
    pub position: Option<Position>,
    /// The cause: lower case, no full stop, one line of bounded length.
    pub cause: String,
    /// Advice, where that is more than the opposite of the cause.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault without a place. Whatever the cause quotes is made fit for a terminal.
    pub fn new(cause: impl AsRef<str>) -> Self {
        Self {
            position: None,
            cause: printable(cause.as_ref()),
            hint: None,
        }
    }

    pub(crate) fn at(self, position: Position) -> Self {
        let position = Some(position);
        Self { position, ..self }
    }

    pub(crate) fn hint(self, hint: impl AsRef<str>) -> Self {
        self.hint_if(Some(hint))
    }

    pub(crate) fn hint_if(self, hint: Option<impl AsRef<str>>) -> Self {
        let hint = hint.map(|hint| printable(hint.as_ref()));
        Self { hint, ..self }
    }

    /// The fault as one of `file`, a printable name; a warning's `kind` is `warning: `, an error's is empty.
    pub(crate) fn of(self, file: &str, kind: &str) -> Self {
        let place = self.position.map(|place| format!("{place}:"));
        let cause = format!("{file}:{} {kind}{}", place.unwrap_or_default(), self.cause);
        Self {
            position: None,
            cause,
            ..self
        }
    }

    /// Writes the fault to standard error: in one write, so that no other program's lines come between.
    /// Nothing can be done about a standard error that is closed or full.
    pub fn tell(&self) {
        let hint = self
            .hint
            .as_ref()
            .map(|hint| format!("cback-pgconf: hint: {hint}\n"));
        let message = format!("cback-pgconf: {self}\n{}", hint.unwrap_or_default());
        let _ = io::stderr().write_all(message.as_bytes());
    }
}

/// A place in a document: line and column, both from 1, columns counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1. `\n`, `\r\n` and `\r` each end one.
    pub line: usize,
    /// The character within the line, from 1; a byte order mark is none.
    pub column: usize,
}

impl Position {
    /// The place of this byte of the text.
    pub(crate) fn of(at: usize, text: &str) -> Self {
        let before = &text[..at];
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        let line = before.rfind(['\n', '\r']).map_or(0, |last| last + 1);
        let ends = before.matches(['\n', '\r']).count() - before.matches("\r\n").count();
        Self {
            line: ends + 1,
            column: before[line..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Characters that are shown of each end of a message: names and values in it may have a million.
const SHOWN: usize = 300;

/// One line of bounded length that a terminal does not obey: control characters are escaped (a value may
/// hold U+009B, which begins a command), and so are those that turn the direction of writing.
pub(crate) fn printable(text: &str) -> String {
    let start = text.char_indices().nth(SHOWN);
    let end = text.char_indices().nth_back(SHOWN - 1);
    let shown = match (start, end) {
        (Some((start, _)), Some((end, _))) if start < end => {
            format!("{}...{}", &text[..start], &text[end..])
        }
        _ => text.to_owned(),
    };
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut printable = String::new();
    for c in shown.chars() {
        if c.is_control() || turns(c) {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}
