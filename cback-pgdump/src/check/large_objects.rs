//! Large objects, which a dump writes as calls: `lo_open` with the object's number, `lowrite` for each
//! piece, `lo_close`. Compared by number and content, since versions group them in other ways.

use super::contents::Entry;
use super::fingerprint::{self, Column};
use super::token::{Token, Tokens};
use xxhash_rust::xxh3::Xxh3;

/// The large object at hand.
#[derive(Default)]
pub(crate) struct LargeObject(Option<(Box<Xxh3>, u64)>);

impl LargeObject {
    /// Looks at the call of a function of `pg_catalog`, its `(` taken off; what a closed object comes to.
    pub(crate) fn call(&mut self, function: &[u8], mut arguments: Tokens<'_>) -> Option<Entry> {
        match function {
            b"lo_open" => {
                let number = arguments.next()?;
                let number = match &number {
                    Token::Text(text) => text,
                    other => other.name()?,
                };
                self.0 = Some((Column::named(number).begin(), 0));
                None
            }
            b"lowrite" => {
                let text = arguments.find_map(|token| match token {
                    Token::Text(text) => Some(text),
                    _ => None,
                })?;
                // '\x0123...', the backslash doubled where standard_conforming_strings is off
                let digits = text.strip_prefix(b"\\").unwrap_or(&text);
                let digits = digits.strip_prefix(b"\\").unwrap_or(digits);
                let digits = digits.strip_prefix(b"x").unwrap_or(digits);
                let (hash, bytes) = self.0.as_mut()?;
                hash.update(digits);
                *bytes += digits.len() as u64 / 2;
                None
            }
            b"lo_close" => self.0.take().map(|(hash, bytes)| Entry {
                rows: 1,
                bytes,
                fingerprint: fingerprint::row(hash.digest()),
            }),
            _ => None,
        }
    }
}
