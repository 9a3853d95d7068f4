//! Everything that is said on standard error: what is wrong, where, and what to do about it.

use std::{fmt, io};

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

/// One thing that is wrong, with advice where a wrong reading is likely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, if it is in a document.
    pub position: Option<Position>,
    /// The cause: lower case, no full stop, one line of bounded length.
    pub cause: String,
    /// What to do about it, where that is more than the opposite of the cause.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "{position}: ")?;
        }
        f.write_str(&self.cause)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    pub(crate) fn new(cause: impl AsRef<str>) -> Self {
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

    /// The fault as one of the file of this name, as an error or a `warning: `.
    pub(crate) fn of(self, file: &str, warning: &str) -> Self {
        let place = self
            .position
            .map_or(String::new(), |place| format!("{place}:"));
        let cause = format!("{file}:{place} {warning}{}", self.cause);
        let position = None;
        Self {
            position,
            cause,
            ..self
        }
    }

    /// As it is written to standard error: in one write, so that no other program's lines come between.
    pub(crate) fn message(&self) -> String {
        message(&self.to_string(), self.hint.as_deref())
    }
}

/// The words for an error on standard error; None for a reader that went away, and knows it.
pub fn describe(error: &anyhow::Error) -> Option<String> {
    let io = error.downcast_ref::<io::Error>();
    if io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return None;
    }
    let hint = error
        .downcast_ref::<Fault>()
        .and_then(|fault| fault.hint.as_deref());
    Some(message(&format!("{error:#}"), hint))
}

fn message(cause: &str, hint: Option<&str>) -> String {
    let hint = hint.map(|hint| format!("cback-pgconf: hint: {hint}\n"));
    format!("cback-pgconf: {cause}\n{}", hint.unwrap_or_default())
}

/// Characters that are shown of each end of a message: names and values in it may have a million.
const SHOWN: usize = 300;

/// One line of bounded length that a terminal does not obey: control characters are escaped (an element's
/// name may hold U+009B, which begins a command), and so are those that turn the direction of writing.
pub(crate) fn printable(text: &str) -> String {
    let start = text.char_indices().nth(SHOWN);
    let end = text.char_indices().nth_back(SHOWN - 1);
    let text = match (start, end) {
        (Some((start, _)), Some((end, _))) if start < end => {
            &format!("{}...{}", &text[..start], &text[end..])
        }
        _ => text,
    };
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}
