//! The contents of a dump, as its statements make them up.

use super::contents::{Contents, Item};
use super::database::OfDatabase;
use super::fingerprint::{Entry, Key};
use super::inserts::Insert;
use super::large_objects::LargeObject;
use super::sections::note_encoding;
use super::statement::Statement;
use super::token::{Table, Token, after, qualified, tokens};
use std::ops::Range;

const LONG: &str = "a statement of more than 1 MiB, the most that is read of one of its kind";

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
    /// The INSERT of which some rows have come.
    insert: Option<Insert>,
}

impl Statements {
    pub(crate) fn new(contents: Contents) -> Self {
        Self {
            contents,
            large_object: LargeObject::default(),
            insert: None,
        }
    }

    /// Takes the next statement, which stands there. Rows for the table that is returned follow it.
    pub(crate) fn read(&mut self, statement: &Statement) -> Result<Option<Table>, &'static str> {
        let is_in_cluster = self.contents.is_in_cluster();
        if statement.is_cut() && (is_in_cluster || is_needed(&statement.text)) {
            return Err(LONG);
        }
        let mut tokens = Vec::new();
        let mut table = None;
        let understood = if statement.has_rows {
            self.insert(statement)
        } else {
            tokens = self::tokens(&statement.text);
            match tokens.first() {
                Some(Token::Word(b"COPY")) => begun(&tokens).map(|it| table = Some(it)),
                Some(Token::Word(b"SELECT")) if !statement.is_cut() => self.call(&tokens),
                _ => Some(()),
            }
        };
        understood.ok_or("a statement that no pg_dump writes")?;
        self.record(statement, &tokens).map(|()| table)
    }

    /// Takes what a restore has to know of it.
    fn record(&mut self, statement: &Statement, tokens: &[Token<'_>]) -> Result<(), &'static str> {
        let text = &statement.text[..];
        let is_in_cluster = self.contents.is_in_cluster();
        if text.starts_with(b"DROP ") {
            self.contents.written.options.insert("--clean");
        }
        let own = OfDatabase::read(text, tokens);
        if own.is_some() && statement.is_cut() {
            return Err(LONG);
        }
        // psql would take it for a command, and run of these statements some without `\restrict`.
        if (own.is_some() || is_in_cluster) && tokens.iter().any(|it| it.is("\\")) {
            return Err("a backslash outside of quotes, as pg_dump writes none");
        }
        if let Some(own) = own {
            self.contents.cut(statement.place.clone(), false);
            self.of_database(tokens, own);
        } else if is_in_cluster {
            self.contents.cluster.record(text);
        } else {
            self.leave_out(text, tokens, statement.place.clone());
            if self.contents.is_taken() {
                self.of_objects(statement, tokens);
            }
        }
        Ok(())
    }

    fn of_objects(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        let contents = &mut self.contents;
        if !statement.is_cut() {
            if let Some(section) = contents.sections.last_mut() {
                note_encoding(&mut section.encoding, tokens);
            }
            contents.needs.record(tokens);
            contents.written.record(tokens, contents.key);
            let begins = |words: &[&str]| after(tokens, words).is_some();
            if begins(&["SET", "SESSION", "AUTHORIZATION"]) && !contents.objects.are_rights() {
                let option = "--use-set-session-authorization";
                contents.written.options.insert(option);
            }
            if OF_EVENT_TRIGGERS.into_iter().any(begins) {
                contents.put_off(&statement.text, statement.place.clone());
            }
        }
        let session = contents.needs.session.as_deref();
        contents.objects.add(statement, tokens, session);
    }

    fn of_database(&mut self, tokens: &[Token<'_>], mut own: OfDatabase) {
        let contents = &mut self.contents;
        if !contents.is_wanted(Some(&own.database)) {
            return;
        }
        if own.part.is_some() {
            contents.define_database(&own);
        }
        contents.needs.record(tokens);
        if let Some(role) = &contents.needs.session {
            own.run_as(role);
        }
        contents.databases.record(own);
    }

    /// Leaves out the statements with which `--clean` begins, those for what is there, and, if all of it is restored in one transaction,
    /// those around large objects.
    fn leave_out(&mut self, text: &[u8], tokens: &[Token<'_>], place: Range<u64>) {
        let has_begun = self.contents.sections.last().is_none_or(|it| it.has_begun);
        let begins = |start: &&str| text.starts_with(start.as_bytes());
        if text == b"BEGIN;\n" || text == b"COMMIT;\n" {
            self.contents.cut(place, true);
        } else if !has_begun && CLEANING.iter().any(begins) {
            self.contents.cut(place, false);
        } else if creates_public(tokens) {
            self.contents.written.has_new_public |= self.contents.is_taken();
            self.contents.cut(place, false);
        }
    }

    fn insert(&mut self, statement: &Statement) -> Option<()> {
        let key = self.contents.key;
        let insert = Insert::read(self.insert.take(), statement, key)?;
        self.contents.written.options.insert(insert.option());
        if statement.has_ended() {
            let is_whole = insert.entry.rows > 0;
            self.contents.add(Item::Table, &insert.table, insert.entry);
            return is_whole.then_some(());
        }
        self.insert = Some(insert);
        Some(())
    }

    /// `SELECT pg_catalog.function(...);`
    fn call(&mut self, tokens: &[Token<'_>]) -> Option<()> {
        let (name, arguments) = qualified(&tokens[1..]).unwrap_or_default();
        let function = name.strip_prefix(b"pg_catalog.").unwrap_or_default();
        let arguments = arguments.get(1..).unwrap_or_default();
        let key = self.contents.key;
        if function == b"setval" {
            self.contents
                .add(Item::Sequences, b"sequences", sequence(arguments, key)?);
        } else if let Some(entry) = self.large_object.call(function, arguments, key) {
            self.contents
                .add(Item::LargeObjects, b"large objects", entry);
        }
        Some(())
    }
}

/// Whether this creates the schema `public`, which every new database has.
fn creates_public(tokens: &[Token<'_>]) -> bool {
    let rest = after(tokens, &["CREATE", "SCHEMA"]).unwrap_or_default();
    matches!(rest, [name, end] if name.name() == Some(b"public") && end.is(";"))
}

/// Whether all of the statement is needed.
fn is_needed(text: &[u8]) -> bool {
    let starts = ["COPY ", "SET ", "SELECT pg_catalog."];
    starts.iter().any(|it| text.starts_with(it.as_bytes()))
}

/// `COPY name [(columns)] FROM stdin;`
fn begun(tokens: &[Token<'_>]) -> Option<Table> {
    let (table, rest) = Table::read(&tokens[1..])?;
    after(rest, &["FROM", "stdin"]).map(|_| table)
}

/// A sequence's entry from `'name', value, is_called);`.
fn sequence(tokens: &[Token<'_>], key: Key) -> Option<Entry> {
    let mut fields = Vec::new();
    for token in tokens {
        match token {
            Token::Text(name) => fields.extend(qualified(&self::tokens(name))?.0),
            Token::Word(word) => fields.extend_from_slice(word),
            Token::Symbol(byte) => fields.push(*byte),
            Token::Name(_) => return None,
        }
    }
    Some(Entry {
        rows: 1,
        bytes: fields.len() as u64,
        fingerprint: key.row(&fields),
    })
}
