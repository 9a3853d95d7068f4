//! What a statement adds to what is in the dump.

use super::super::Fault;
use super::super::contents::{Entry, Item};
use super::super::fingerprint::{self, Column};
use super::super::inserts::Insert;
use super::super::names::{list, qualified};
use super::super::token::{Token, Tokens};
use super::Dump;
use crate::ending::Form;
use std::io::Read;

/// Bytes. The tokens of a statement take up to 32 times its own memory, so a longer one is not taken
/// apart: none that names a role is so long.
const LONGEST_NAMING: usize = 1 << 20;

impl<R: Read> Dump<R> {
    pub(super) fn statement(&mut self, text: &[u8]) -> Result<(), Fault> {
        let understood = match first_word(text) {
            b"COPY" => self.copy(text),
            b"INSERT" => self.insert(text),
            b"SELECT" => self.call(text),
            b"SET" => {
                self.set(text);
                Some(())
            }
            _ => Some(()),
        };
        if understood.is_none() {
            return Err(self.damaged("a statement that no pg_dump writes"));
        }
        match &mut self.globals {
            Some(globals) => globals.look(text),
            None => {
                let needs = &mut self.contents.needs;
                let matters = has_needs(text) || needs.session.is_some();
                if matters && text.len() <= LONGEST_NAMING {
                    needs.look(text);
                }
            }
        }
        Ok(())
    }

    /// `COPY name [(columns)] FROM stdin;`
    fn copy(&mut self, text: &[u8]) -> Option<()> {
        let mut tokens = Tokens::new(text);
        let (table, mut next) = qualified(tokens.after(&["COPY"])?)?;
        let mut columns = Vec::new();
        if next == Some(Token::Symbol(b'(')) {
            columns = list(&mut tokens)?;
            next = tokens.next();
        }
        if next?.is("FROM") && tokens.next()?.is("stdin") {
            self.copy = Some((table, columns));
        }
        Some(())
    }

    fn insert(&mut self, text: &[u8]) -> Option<()> {
        let insert = Insert::parse(text, self.has_backslashes)?;
        if !insert.is_named {
            self.contents.inserts = "--inserts";
        } else if self.contents.inserts.is_empty() {
            self.contents.inserts = "--column-inserts";
        }
        self.add(Item::Table(insert.table), insert.entry);
        Some(())
    }

    /// `SELECT pg_catalog.function(...);`
    fn call(&mut self, text: &[u8]) -> Option<()> {
        let mut tokens = Tokens::new(text);
        let called = qualified(tokens.after(&["SELECT"])?);
        let Some(function) = called
            .as_ref()
            .and_then(|it| it.0.strip_prefix(b"pg_catalog."))
        else {
            return Some(());
        };
        if function == b"setval" {
            let entry = sequence(tokens)?;
            self.add(Item::Sequences, entry);
        } else if let Some(entry) = self.large_object.call(function, tokens) {
            self.add(Item::LargeObjects, entry);
        }
        Some(())
    }

    fn set(&mut self, text: &[u8]) {
        let tokens: Vec<_> = Tokens::new(text).collect();
        let [_, name, _, value, ..] = &tokens[..] else {
            return;
        };
        if name.is("client_encoding") {
            if let (Token::Text(encoding), Form::Database) = (value, self.form) {
                self.contents.encoding = String::from_utf8_lossy(encoding).into_owned();
            }
        } else if name.is("standard_conforming_strings") {
            self.has_backslashes = value.is("off");
        }
    }

    pub(super) fn add(&mut self, item: Item, entry: Entry) {
        let key = (self.database.clone(), item);
        self.contents.entries.entry(key).or_default().add(entry);
    }
}

fn first_word(text: &[u8]) -> &[u8] {
    text.split(|byte| !byte.is_ascii_uppercase())
        .next()
        .unwrap_or_default()
}

/// Whether the statement can name what a restore needs, so that it has to be taken apart.
fn has_needs(text: &[u8]) -> bool {
    match first_word(text) {
        b"ALTER" | b"GRANT" | b"REVOKE" | b"SET" => true,
        b"CREATE" => {
            let nouns = ["EXTENSION", "USER", "POLICY", "SCHEMA", "DATABASE"];
            nouns
                .iter()
                .any(|noun| text[6..].trim_ascii_start().starts_with(noun.as_bytes()))
        }
        _ => false,
    }
}

/// A sequence's entry from `('name', value, is_called);`.
fn sequence(tokens: Tokens<'_>) -> Option<Entry> {
    let mut fields = Vec::new();
    for token in tokens {
        match token {
            Token::Text(name) => {
                let name = qualified(&mut Tokens::new(&name))?.0;
                fields.extend_from_slice(&name);
            }
            Token::Word(word) => fields.extend_from_slice(word),
            Token::Symbol(byte) => fields.push(byte),
            Token::Name(_) => return None,
        }
    }
    Some(Entry {
        rows: 1,
        bytes: fields.len() as u64,
        fingerprint: fingerprint::row(Column::default().value(&fields)),
    })
}
