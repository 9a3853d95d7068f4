//! Large objects, which a dump writes as calls: `lo_open` with the object's number, `lowrite` for each
//! piece, `lo_close`. Their entry depends on numbers and data alone: what else pg_dump writes about
//! them differs between versions.

use super::fingerprint::{self, Entry, Key};
use super::token::Token;
use xxhash_rust::xxh3::Xxh3;

/// The large object that is open: the hash of its data, and their bytes.
#[derive(Default)]
pub(crate) struct LargeObject(Option<(Box<Xxh3>, u64)>);

impl LargeObject {
    /// Takes a call of a function of `pg_catalog`, its `(` taken off. Returns the object's entry when that is
    /// closed.
    pub(crate) fn call(
        &mut self,
        function: &[u8],
        arguments: &[Token<'_>],
        key: Key,
    ) -> Option<Entry> {
        match function {
            b"lo_open" => {
                let number = arguments.first()?.value()?;
                self.0 = Some((key.column(number).begin(), 0));
                None
            }
            b"lowrite" => {
                let [_, _, Token::Text(text), ..] = arguments else {
                    return None;
                };
                let digits = digits(text);
                let (hash, bytes) = self.0.as_mut()?;
                hash.update(digits);
                *bytes += digits.len() as u64 / 2;
                None
            }
            b"lo_close" => self.0.take().map(|(hash, bytes)| Entry {
                rows: 1,
                bytes,
                fingerprint: fingerprint::hash(hash.digest()),
            }),
            _ => None,
        }
    }
}

/// The hexadecimal digits of `\x0123...`; the backslash is doubled where `standard_conforming_strings` is off.
fn digits(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| **byte == b'\\').count();
    let digits = &text[start..];
    digits.strip_prefix(b"x").unwrap_or(digits)
}
