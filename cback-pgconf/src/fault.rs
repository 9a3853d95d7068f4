//! Where something is wrong in a document, and what.

use std::fmt;

/// A place in a document: line and column, both from 1, columns counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1. `\n`, `\r\n` and `\r` each end one.
    pub line: u64,
    /// The character within the line, from 1.
    pub column: u64,
}

impl Position {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place right after `text`, if `text` begins here.
    pub(crate) fn after(self, text: &str) -> Self {
        let Some(last) = text.rfind(['\n', '\r']) else {
            return Self {
                column: self.column + length(text),
                ..self
            };
        };
        let ends = text.matches(['\n', '\r']).count() - text.matches("\r\n").count();
        Self {
            line: self.line + ends as u64,
            column: 1 + length(&text[last + 1..]),
        }
    }
}

fn length(text: &str) -> u64 {
    text.chars().count() as u64
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
    /// What: lower case, no full stop.
    pub cause: String,
    /// What to do about it, where that is more than the opposite of the cause.
    pub hint: Option<String>,
}

impl Fault {
    pub(crate) fn new(position: Position, cause: impl Into<String>) -> Self {
        Self {
            position,
            cause: cause.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn hint_if(mut self, hint: Option<&str>) -> Self {
        self.hint = hint.map(str::to_owned);
        self
    }
}
