//! The rows of INSERT statements, as `--inserts` and `--column-inserts` write them. Their entry equals that
//! of the same values written by COPY, if the columns are named.
//!
//! pg_dump writes numbers and NULL as they are, bits as `B'101'`, booleans as `true` and `false`, a
//! generated column as DEFAULT (COPY leaves it out), and all else in single quotes.

use super::contents::Entry;
use super::fingerprint::{self, Column};
use super::names::{list, qualified};
use super::token::{Token, Tokens};

/// A table's name and the rows for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Insert {
    pub(crate) table: Vec<u8>,
    pub(crate) entry: Entry,
    /// The statement tells which columns the values are for.
    pub(crate) is_named: bool,
}

impl Insert {
    /// Reads `INSERT INTO table [(columns)] ... VALUES (...), ...;` or `... DEFAULT VALUES;`.
    pub(crate) fn parse(statement: &[u8], backslashes: bool) -> Option<Self> {
        let mut tokens = Tokens::new(statement);
        let (table, mut next) = qualified(tokens.after(&["INSERT", "INTO"])?)?;
        let mut columns = None;
        if next == Some(Token::Symbol(b'(')) {
            columns = Some(list(&mut tokens)?);
            next = tokens.next();
        }
        let mut insert = Self {
            table,
            entry: Entry::default(),
            is_named: columns.is_some(),
        };
        if next.as_ref()?.is("DEFAULT") {
            // The table has no columns, and COPY would write an empty line.
            insert.is_named = true;
            insert.add(0, 1);
            return Some(insert);
        }
        while !next?.is("VALUES") {
            next = tokens.next();
        }
        let columns: Option<Vec<_>> =
            columns.map(|names| names.iter().map(|name| Column::named(name)).collect());
        while let Some(Token::Symbol(b'(')) = tokens.next() {
            insert.row(&mut tokens, columns.as_deref(), backslashes)?;
            if tokens.next() != Some(Token::Symbol(b',')) {
                break;
            }
        }
        Some(insert)
    }

    /// Takes `value, value)`.
    fn row(
        &mut self,
        tokens: &mut Tokens<'_>,
        columns: Option<&[Column]>,
        backslashes: bool,
    ) -> Option<()> {
        let mut sum = 0u64;
        let mut bytes = 0;
        for number in 0.. {
            let column = match columns {
                Some(columns) => *columns.get(number)?,
                None => Column::numbered(number as u64),
            };
            let (value, next) = value(tokens, backslashes)?;
            if let Some(value) = value {
                sum = sum.wrapping_add(column.value(&value));
                bytes += value.len() as u64 + 1;
            }
            match next {
                Token::Symbol(b',') => {}
                Token::Symbol(b')') if columns.is_none_or(|it| it.len() == number + 1) => break,
                _ => return None,
            }
        }
        self.add(sum, bytes.max(1));
        Some(())
    }

    fn add(&mut self, values: u64, bytes: u64) {
        self.entry.add(Entry {
            rows: 1,
            bytes,
            fingerprint: fingerprint::row(values),
        });
    }
}

/// A value as COPY would write it, None for a generated column's; and what follows it.
fn value<'a>(tokens: &mut Tokens<'a>, backslashes: bool) -> Option<(Option<Vec<u8>>, Token<'a>)> {
    let mut plain = Vec::new();
    loop {
        match tokens.next()? {
            end @ Token::Symbol(b',' | b')') => return Some((copied(plain), end)),
            Token::Text(text) => {
                let text = if backslashes { unescaped(&text) } else { text };
                return Some((Some(escaped(&text)), tokens.next()?));
            }
            Token::Word(word) => plain.extend_from_slice(word),
            Token::Symbol(byte) => plain.push(byte),
            Token::Name(_) => return None,
        }
        // The B of B'101'.
        if plain == b"B" {
            plain.clear();
        }
    }
}

fn copied(plain: Vec<u8>) -> Option<Vec<u8>> {
    match &plain[..] {
        b"DEFAULT" => None,
        b"NULL" => Some(b"\\N".to_vec()),
        b"true" => Some(b"t".to_vec()),
        b"false" => Some(b"f".to_vec()),
        _ => Some(plain),
    }
}

/// The text that was written so with `standard_conforming_strings` off.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.iter();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(&byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => *bytes.next().unwrap_or(&byte),
            _ => byte,
        });
    }
    plain
}

/// What COPY escapes: see "Text Format" in PostgreSQL's manual.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    for &byte in text {
        let letter = match byte {
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x0b => b'v',
            b'\\' => b'\\',
            _ => {
                escaped.push(byte);
                continue;
            }
        };
        escaped.extend([b'\\', letter]);
    }
    escaped
}
