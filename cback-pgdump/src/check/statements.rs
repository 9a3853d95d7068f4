//! The contents of a dump, as its statements make them up.

use super::contents::{Contents, Item};
use super::database::OfDatabase;
use super::fingerprint::{Entry, Key};
use super::large_objects::LargeObject;
use super::needs::creates_public;
use super::sections::note_encoding;
use super::statement::Statement;
use super::token::{Token, Tokens, begins, list, qualified};
use std::ops::Range;

const LONG: &str = "a statement of more than 1 MiB, the most that is read of one of its kind";

/// psql would take it for a command, and run of these statements some without `\restrict`.
const BACKSLASH: Token<'_> = Token::Symbol(b'\\');

/// The beginnings of the statements with which `--clean` removes what is there; a view that others depend on is
/// replaced by an empty one.
const CLEANING: [&str; 4] = [
    "DROP ",
    "ALTER ",
    "CREATE OR REPLACE VIEW ",
    "SELECT pg_catalog.lo_unlink(",
];

/// The beginnings of the statements of event triggers, which are restored last. pg_dump has them made before
/// materialized views are filled, where one that logs adds a row, and one that forbids stops the restore. Nothing
/// depends on them.
const OF_EVENT_TRIGGERS: [&[&str]; 3] = [
    &["CREATE", "EVENT", "TRIGGER"],
    &["ALTER", "EVENT", "TRIGGER"],
    &["COMMENT", "ON", "EVENT", "TRIGGER"],
];

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
    pub(crate) fn new(contents: Contents) -> Self {
        Self {
            contents,
            large_object: LargeObject::default(),
        }
    }

    /// Takes the next statement, which stands there; rows may follow it.
    pub(crate) fn read(&mut self, statement: &mut Statement) -> Result<Option<Copy>, &'static str> {
        let is_in_cluster = self.contents.is_in_cluster();
        if statement.is_cut() && (is_in_cluster || is_needed(&statement.text)) {
            return Err(LONG);
        }
        let mut copy = None;
        let understood = match first_word(&statement.text) {
            b"COPY" => begun(&statement.text).map(|it| copy = Some(it)),
            b"INSERT" => self.insert(statement),
            b"SELECT" if !statement.is_cut() => self.call(&statement.text),
            _ => Some(()),
        };
        understood.ok_or("a statement that no pg_dump writes")?;
        self.record(statement).map(|()| copy)
    }

    /// Takes what a restore has to know of it.
    fn record(&mut self, statement: &Statement) -> Result<(), &'static str> {
        let text = &statement.text[..];
        let is_in_cluster = self.contents.is_in_cluster();
        if text.starts_with(b"DROP ") {
            self.contents.objects.options.insert("--clean");
        }
        let own = OfDatabase::read(text);
        if own.is_some() && statement.is_cut() {
            return Err(LONG);
        }
        if (own.is_some() || is_in_cluster) && Tokens::new(text).any(|it| it == BACKSLASH) {
            return Err("a backslash outside of quotes, as pg_dump writes none");
        }
        if let Some(own) = own {
            self.contents.cut(statement.place.clone(), false);
            self.of_database(text, own);
        } else if is_in_cluster {
            self.contents.cluster.record(text);
        } else {
            self.leave_out(text, statement.place.clone());
            if self.contents.is_taken() {
                self.of_objects(statement);
            }
        }
        Ok(())
    }

    fn of_objects(&mut self, statement: &Statement) {
        let text = &statement.text[..];
        let contents = &mut self.contents;
        if !statement.is_cut() {
            if let Some(section) = contents.sections.last_mut() {
                note_encoding(&mut section.encoding, text);
            }
            if let Some(partition) = attached(text) {
                contents.partitions.insert(contents.key.row(&partition));
            }
            contents.needs.record(text);
            if OF_EVENT_TRIGGERS.iter().any(|words| begins(text, words)) {
                contents.put_off(text, statement.place.clone());
            }
        }
        let (objects, session) = (&mut contents.objects, contents.needs.session.as_deref());
        objects.add(text, statement.rest(), session, contents.key);
    }

    fn of_database(&mut self, text: &[u8], mut own: OfDatabase) {
        let contents = &mut self.contents;
        if !contents.is_wanted(Some(&own.database)) {
            return;
        }
        if own.part.is_some() {
            contents.define_database(&own);
        }
        contents.needs.record(text);
        if let Some(role) = &contents.needs.session {
            own.run_as(role);
        }
        contents.databases.record(own);
    }

    /// Leaves out the statements with which `--clean` begins, those for what is there, and, if all of it is restored in one transaction,
    /// those around large objects.
    fn leave_out(&mut self, text: &[u8], place: Range<u64>) {
        let has_begun = self.contents.sections.last().is_none_or(|it| it.has_begun);
        let begins = |start: &&str| text.starts_with(start.as_bytes());
        if text == b"BEGIN;\n" || text == b"COMMIT;\n" {
            self.contents.cut(place, true);
        } else if !has_begun && CLEANING.iter().any(begins) || creates_public(text) {
            self.contents.cut(place, false);
        }
    }

    fn insert(&mut self, statement: &mut Statement) -> Option<()> {
        let insert = statement.insert.take()?;
        if self.contents.inserts != "--inserts" {
            self.contents.inserts = insert.option();
        }
        let (table, entry) = insert.end()?;
        self.contents.add(Item::Table, &table, entry);
        Some(())
    }

    /// `SELECT pg_catalog.function(...);`
    fn call(&mut self, text: &[u8]) -> Option<()> {
        let mut tokens = Tokens::new(text);
        let called = qualified(tokens.after(&["SELECT"])?);
        let name = called.map(|(name, _)| name).unwrap_or_default();
        let function = name.strip_prefix(b"pg_catalog.").unwrap_or_default();
        let key = self.contents.key;
        if function == b"setval" {
            self.contents
                .add(Item::Sequences, b"sequences", sequence(tokens, key)?);
        } else if let Some(entry) = self.large_object.call(function, tokens, key) {
            self.contents
                .add(Item::LargeObjects, b"large objects", entry);
        }
        Some(())
    }
}

/// The table in `ALTER TABLE ONLY root ATTACH PARTITION table ...;`.
fn attached(text: &[u8]) -> Option<Vec<u8>> {
    let mut tokens = Tokens::new(text);
    let (_, next) = qualified(tokens.after(&["ALTER", "TABLE", "ONLY"])?)?;
    next.filter(|it| it.is("ATTACH"))?;
    qualified(tokens.after(&["PARTITION"])?).map(|(table, _)| table)
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
