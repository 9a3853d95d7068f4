//! What a statement adds to what is in the dump.

use super::super::Fault;
use super::super::contents::{Entry, Item};
use super::super::fingerprint::Key;
use super::super::names::{list, qualified};
use super::super::statement::Statement;
use super::super::token::{Token, Tokens};
use super::{Dump, Section};
use crate::ending::Form;
use std::io::Read;

/// The table and the columns that a COPY statement has begun data for.
pub(super) struct Copy {
    pub(super) table: Vec<u8>,
    pub(super) columns: Vec<Vec<u8>>,
}

impl<R: Read> Dump<R> {
    /// Takes the next statement; rows may follow.
    pub(super) fn statement(&mut self, statement: &mut Statement) -> Result<Option<Copy>, Fault> {
        if statement.is_cut() && self.is_needed(&statement.text) {
            return Err(self.damaged(
                "a statement of more than 1 MiB, the most that is read of one of its kind",
            ));
        }
        let text = &statement.text[..];
        let mut copy = None;
        let understood = match first_word(text) {
            b"COPY" => begun(text).map(|it| copy = Some(it)),
            b"INSERT" => self.insert(statement),
            b"SELECT" if !statement.is_cut() => self.call(text),
            b"SET" => {
                self.set(text);
                Some(())
            }
            b"ALTER" => {
                self.attach(text);
                Some(())
            }
            _ => Some(()),
        };
        if understood.is_none() {
            return Err(self.damaged("a statement that no pg_dump writes"));
        }
        let text = &statement.text[..];
        let needs = &mut self.contents.needs;
        if let Section::Globals = self.section {
            self.contents.globals.record(text);
        } else if !statement.is_cut() && (has_needs(text) || needs.session.is_some()) {
            needs.record(text);
        }
        Ok(copy)
    }

    /// Whether all of the statement is needed.
    fn is_needed(&self, text: &[u8]) -> bool {
        let starts = ["COPY ", "SET ", "SELECT pg_catalog."];
        let is_one = |start: &&str| text.starts_with(start.as_bytes());
        matches!(self.section, Section::Globals) || starts.iter().any(is_one)
    }

    fn insert(&mut self, statement: &mut Statement) -> Option<()> {
        let insert = statement.insert.take()?;
        if self.contents.inserts != "--inserts" {
            self.contents.inserts = insert.option();
        }
        let (table, entry) = insert.end()?;
        self.add(Item::Table, &table, entry);
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
            let entry = sequence(tokens, self.key)?;
            self.add(Item::Sequences, b"sequences", entry);
        } else if let Some(entry) = self.large_object.call(function, tokens, self.key) {
            self.add(Item::LargeObjects, b"large objects", entry);
        }
        Some(())
    }

    fn set(&mut self, text: &[u8]) {
        let mut tokens = Tokens::new(text);
        if let Some(tokens) = tokens.after(&["SET", "client_encoding"])
            && let (Some(Token::Text(encoding)), Form::Database) = (tokens.nth(1), self.form)
        {
            self.contents.encoding = String::from_utf8_lossy(&encoding).into_owned();
        }
    }

    /// `ALTER TABLE ONLY root ATTACH PARTITION table ...;`
    fn attach(&mut self, text: &[u8]) -> Option<()> {
        let mut tokens = Tokens::new(text);
        let (_, next) = qualified(tokens.after(&["ALTER", "TABLE", "ONLY"])?)?;
        if next?.is("ATTACH") {
            let (table, _) = qualified(tokens.after(&["PARTITION"])?)?;
            self.contents.partitions.insert(self.key.row(&table));
        }
        Some(())
    }

    pub(super) fn add(&mut self, item: Item, name: &[u8], entry: Entry) {
        let partitions = &self.contents.partitions;
        if !partitions.is_empty() && partitions.contains(&self.key.row(name)) {
            self.contents.has_partition_loads = true;
        }
        self.contents
            .add(self.database.as_deref(), item, name, entry);
    }
}

/// `COPY name [(columns)] FROM stdin;`, the one form that rows follow.
fn begun(text: &[u8]) -> Option<Copy> {
    let mut tokens = Tokens::new(text);
    let (table, mut next) = qualified(tokens.after(&["COPY"])?)?;
    let mut columns = Vec::new();
    if next == Some(Token::Symbol(b'(')) {
        columns = list(&mut tokens)?;
        next = tokens.next();
    }
    let has_rows = next?.is("FROM") && tokens.next()?.is("stdin");
    has_rows.then_some(Copy { table, columns })
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
fn sequence(tokens: Tokens<'_>, key: Key) -> Option<Entry> {
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
        fingerprint: key.row(&fields),
    })
}
