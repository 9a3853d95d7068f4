//! The contents of a dump, as its statements make them up.

use super::contents::{Contents, Item};
use super::fingerprint::{Entry, Key};
use super::large_objects::LargeObject;
use super::outline::Outline;
use super::statement::Statement;
use super::token::{Token, Tokens, list, qualified};
use crate::dump::ending::Form;

/// The contents so far.
pub(crate) struct Statements {
    pub(crate) contents: Contents,
    large_object: LargeObject,
}

/// The table and the columns that a COPY statement has begun data for.
pub(crate) struct Copy {
    pub(crate) table: Vec<u8>,
    pub(crate) columns: Vec<Vec<u8>>,
}

impl Statements {
    pub(crate) fn new(key: Key) -> Self {
        Self {
            contents: Contents::new(key),
            large_object: LargeObject::default(),
        }
    }

    /// Takes the next statement, which stands there; rows may follow it.
    pub(crate) fn read(
        &mut self,
        statement: &mut Statement,
        at: &Outline,
    ) -> Result<Option<Copy>, &'static str> {
        if statement.is_cut() && (at.is_in_cluster() || is_needed(&statement.text)) {
            return Err("a statement of more than 1 MiB, the most that is read of one of its kind");
        }
        let mut copy = None;
        let understood = match first_word(&statement.text) {
            b"COPY" => begun(&statement.text).map(|it| copy = Some(it)),
            b"INSERT" => self.insert(statement, at),
            b"SELECT" if !statement.is_cut() => self.call(&statement.text, at),
            _ => Some(()),
        };
        understood.ok_or("a statement that no pg_dump writes")?;
        let text = &statement.text[..];
        if at.is_in_cluster() {
            self.contents.cluster.record(text);
        } else if !statement.is_cut() {
            self.set(text, at);
            self.attach(text);
            self.contents.needs.record(text);
        }
        Ok(copy)
    }

    /// Adds to the entry of that name.
    pub(crate) fn add(&mut self, at: &Outline, item: Item, name: &[u8], entry: Entry) {
        let contents = &mut self.contents;
        if !contents.partitions.is_empty() && contents.partitions.contains(&contents.key.row(name))
        {
            contents.has_partition_loads = true;
        }
        contents.add(at.database.as_deref(), item, name, entry);
    }

    fn insert(&mut self, statement: &mut Statement, at: &Outline) -> Option<()> {
        let insert = statement.insert.take()?;
        if self.contents.inserts != "--inserts" {
            self.contents.inserts = insert.option();
        }
        let (table, entry) = insert.end()?;
        self.add(at, Item::Table, &table, entry);
        Some(())
    }

    /// `SELECT pg_catalog.function(...);`
    fn call(&mut self, text: &[u8], at: &Outline) -> Option<()> {
        let mut tokens = Tokens::new(text);
        let called = qualified(tokens.after(&["SELECT"])?);
        let name = called.map(|(name, _)| name).unwrap_or_default();
        let function = name.strip_prefix(b"pg_catalog.").unwrap_or_default();
        let key = self.contents.key;
        if function == b"setval" {
            self.add(at, Item::Sequences, b"sequences", sequence(tokens, key)?);
        } else if let Some(entry) = self.large_object.call(function, tokens, key) {
            self.add(at, Item::LargeObjects, b"large objects", entry);
        }
        Some(())
    }

    /// `SET client_encoding = 'encoding';`
    fn set(&mut self, text: &[u8], at: &Outline) -> Option<()> {
        let mut tokens = Tokens::new(text);
        let value = tokens.after(&["SET", "client_encoding"])?.nth(1)?;
        if let (Token::Text(encoding), Form::Database) = (value, at.form) {
            self.contents.encoding = String::from_utf8_lossy(&encoding).into_owned();
        }
        Some(())
    }

    /// `ALTER TABLE ONLY root ATTACH PARTITION table ...;`
    fn attach(&mut self, text: &[u8]) -> Option<()> {
        let mut tokens = Tokens::new(text);
        let (_, next) = qualified(tokens.after(&["ALTER", "TABLE", "ONLY"])?)?;
        if next?.is("ATTACH") {
            let (table, _) = qualified(tokens.after(&["PARTITION"])?)?;
            let name = self.contents.key.row(&table);
            self.contents.partitions.insert(name);
        }
        Some(())
    }
}

/// Whether all of the statement is needed.
fn is_needed(text: &[u8]) -> bool {
    let starts = ["COPY ", "SET ", "SELECT pg_catalog."];
    starts.iter().any(|it| text.starts_with(it.as_bytes()))
}

fn first_word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_uppercase());
    &text[..end.unwrap_or(text.len())]
}

/// `COPY name [(columns)] FROM stdin;`
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
