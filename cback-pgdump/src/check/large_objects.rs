//! Large objects, which a dump writes as calls: `lo_open` with the object's number, `lowrite` for each
//! piece, `lo_close`. Their entry depends on numbers and data alone: what else pg_dump writes about
//! them differs between versions.

use super::fingerprint::{Column, Entry, Key, Row};
use super::token::Token;

/// The large object that is open: its data are hashed as one value, in a column by its number.
#[derive(Default)]
pub(crate) struct LargeObject {
    column: Column,
    row: Row,
    entry: Entry,
}

impl LargeObject {
    /// Takes a call of a function of `pg_catalog`, its `(` taken off. Returns the object's entry when that is
    /// closed.
    pub(crate) fn call(
        &mut self,
        function: &[u8],
        arguments: &[Token<'_>],
        key: Key,
    ) -> Option<Entry> {
        match (function, arguments) {
            (b"lo_open", [number, ..]) => {
                *self = Self::default();
                self.column = key.column(number.value()?);
            }
            (b"lowrite", [_, _, Token::Text(text), ..]) => {
                let digits = digits(text);
                self.row.begin_value(self.column, digits);
                self.entry.bytes += digits.len() as u64 / 2;
            }
            (b"lo_close", _) => {
                self.row.end_value(self.column, b"");
                self.entry.end_row(&mut self.row);
                return Some(std::mem::take(&mut self.entry));
            }
            _ => {}
        }
        None
    }
}

/// The hexadecimal digits of `\x0123...`; the backslash is doubled where `standard_conforming_strings` is off.
fn digits(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| **byte == b'\\').count();
    let digits = &text[start..];
    digits.strip_prefix(b"x").unwrap_or(digits)
}
