//! From statement to statement through a dump.

use super::Fault;
use super::contents::{Contents, Entry, Item, Kind};
use super::fingerprint::{self, Column};
use super::globals::Globals;
use super::input::{Input, LONGEST};
use super::inserts::Insert;
use super::large_objects::LargeObject;
use super::names::{list, printable, qualified};
use super::rows::{Outcome, Rows};
use super::statement::Statement;
use super::token::{Token, Tokens};
use crate::ending::{Form, is_key};
use std::collections::VecDeque;
use std::io::Read;

/// A dump while it is read.
pub(crate) struct Dump<R> {
    input: Input<R>,
    contents: Contents,
    form: Form,
    /// In a cluster's dump: the database at hand; none in its own part.
    database: Option<Vec<u8>>,
    /// A cluster's own part, until the first database's begins.
    globals: Option<Globals>,
    large_object: LargeObject,
    /// `SET standard_conforming_strings = off` was there.
    has_backslashes: bool,
    /// The key of `\restrict`, until `\unrestrict`.
    restricted: Option<Vec<u8>>,
    /// What the last comment said comes next.
    place: String,
    /// The lines that have still to come, once the marker of the whole dump's end has.
    tail: Option<VecDeque<Vec<u8>>>,
    /// In a cluster's dump: inside of a database's.
    is_in_part: bool,
    /// A COPY statement has begun data for this table with these columns.
    copy: Option<(Vec<u8>, Vec<Vec<u8>>)>,
}

impl<R: Read> Dump<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input: Input::new(input),
            contents: Contents::default(),
            form: Form::Database,
            database: None,
            globals: None,
            large_object: LargeObject::default(),
            has_backslashes: false,
            restricted: None,
            place: String::new(),
            tail: None,
            is_in_part: false,
            copy: None,
        }
    }

    /// Reads it to its end.
    pub(crate) fn read(mut self) -> Result<Contents, Fault> {
        self.head()?;
        let mut line = Vec::new();
        let mut statement = Statement::default();
        loop {
            self.input.line(&mut line)?;
            if !line.ends_with(b"\n") {
                return self.end(&line, &statement);
            }
            self.line(&line, &mut statement)?;
            if let Some((table, columns)) = self.copy.take() {
                self.rows(table, &columns)?;
            }
        }
    }

    /// The first lines, by which a plain dump is known.
    fn head(&mut self) -> Result<(), Fault> {
        let mut line = Vec::new();
        self.input.line(&mut line)?;
        if line != b"--\n" {
            return Err(foreign(&line));
        }
        self.input.line(&mut line)?;
        self.form = match &line[..] {
            b"-- PostgreSQL database dump\n" => Form::Database,
            b"-- PostgreSQL database cluster dump\n" => Form::Cluster,
            _ if line.ends_with(b"\n") => return Err(foreign(&line)),
            _ => return Err(self.breaks_off(self.form.marker())),
        };
        if self.form == Form::Cluster {
            self.contents.kind = Kind::Globals;
            self.globals = Some(Globals::default());
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], statement: &mut Statement) -> Result<(), Fault> {
        if let Some(tail) = &mut self.tail {
            let line = &line[..line.len() - 1];
            return match tail.pop_front() {
                Some(expected) if expected == line => Ok(()),
                _ => Err(Fault::Follows {
                    line: self.input.line,
                }),
            };
        }
        if line.contains(&0) {
            return Err(self.damaged("there is a NUL byte, which no text of PostgreSQL holds"));
        }
        if statement.is_empty() {
            match line {
                b"\n" => return Ok(()),
                [b'-', b'-', comment @ ..] => return self.comment(comment.trim_ascii()),
                [b'\\', command @ ..] => return self.meta(command.trim_ascii_end()),
                _ => statement.line = self.input.line,
            }
        }
        if statement.text.len() + line.len() >= LONGEST {
            return Err(self.damaged("a statement of more than 1 GiB, which no server takes"));
        }
        if statement.push(line) {
            self.statement(&std::mem::take(statement).text)?;
        }
        Ok(())
    }

    fn comment(&mut self, comment: &[u8]) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(comment);
        if comment == &self.form.marker().as_bytes()[3..] {
            self.tail = Some(self.form.tail(self.restricted.as_deref()));
        } else if let Some(version) = text.strip_prefix("Dumped from database version ") {
            note(&mut self.contents.server_version, version);
        } else if let Some(version) = text.strip_prefix("Dumped by pg_dump version ") {
            note(&mut self.contents.pg_dump_version, version);
        } else if let Some(name) = text.strip_prefix("Name: ") {
            self.place = format!(", after {}", kind_and_name(name));
        } else if let Some(name) = text.strip_prefix("Data for Name: ") {
            self.place = format!(", after {}", kind_and_name(name));
        } else if text == "PostgreSQL database dump" {
            self.end_globals();
            self.part(true)?;
        } else if text == "PostgreSQL database dump complete" {
            self.part(false)?;
        }
        Ok(())
    }

    /// In a cluster's dump, that of a database begins or ends.
    fn part(&mut self, begins: bool) -> Result<(), Fault> {
        if self.is_in_part == begins {
            return Err(self.damaged("the end of one database's dump is missing"));
        }
        self.is_in_part = begins;
        Ok(())
    }

    /// A line for psql itself.
    fn meta(&mut self, command: &[u8]) -> Result<(), Fault> {
        if let Some(key) = command.strip_prefix(b"restrict ").filter(|key| is_key(key)) {
            if self.restricted.replace(key.to_vec()).is_some() {
                return Err(self.damaged("a second \\restrict before \\unrestrict"));
            }
        } else if let Some(key) = command.strip_prefix(b"unrestrict ") {
            if self.restricted.take().as_deref() != Some(key) {
                return Err(self.damaged("\\unrestrict without its \\restrict"));
            }
        } else if let Some(argument) = command.strip_prefix(b"connect ") {
            self.end_globals();
            let database = connected(argument);
            match self.form {
                Form::Cluster => self.database = database,
                Form::Database => self.contents.created = database,
            }
        } else if command.starts_with(b"encoding ") {
            self.end_globals();
        } else {
            return Err(self.damaged("a command for psql that no pg_dump writes"));
        }
        Ok(())
    }

    fn end_globals(&mut self) {
        if let Some(globals) = self.globals.take() {
            globals.finish(&mut self.contents);
            self.contents.kind = Kind::Cluster;
            self.contents.offset = self.input.before;
        }
    }

    fn statement(&mut self, text: &[u8]) -> Result<(), Fault> {
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
            None if has_needs(text) => self.contents.needs.look(text),
            None => {}
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

    fn rows(&mut self, table: Vec<u8>, columns: &[Vec<u8>]) -> Result<(), Fault> {
        let name = String::from_utf8_lossy(&printable(&table)).into_owned();
        self.place = format!(", in the data of {name}");
        let mut rows = Rows::new(columns);
        loop {
            let before = rows.entry.rows;
            let piece = self.input.piece()?;
            let length = piece.len();
            if length == 0 {
                let place = format!("{}, row {}", self.place, rows.entry.rows + 1);
                let marker = self.form.marker();
                return Err(self.breaks_off_at(place, marker));
            }
            match rows.push(piece) {
                Outcome::More => self.input.consume(length, rows.entry.rows - before),
                Outcome::Ended(length) => {
                    self.input.consume(length, rows.entry.rows - before + 1);
                    self.add(Item::Table(table), rows.entry);
                    self.place = format!(", after the data of {name}");
                    return Ok(());
                }
                Outcome::Fields(fields) => {
                    self.input.line += rows.entry.rows - before + 1;
                    let columns = columns.len();
                    return Err(self.damaged(&format!("{fields} values for {columns} columns")));
                }
            }
        }
    }

    fn add(&mut self, item: Item, entry: Entry) {
        let key = (self.database.clone(), item);
        self.contents.entries.entry(key).or_default().add(entry);
    }

    /// `cut`: a line without its end; mostly empty.
    fn end(mut self, cut: &[u8], statement: &Statement) -> Result<Contents, Fault> {
        match self.tail.take() {
            None => {
                if !statement.is_empty() {
                    let place = self.place.replacen(", after", ", in", 1);
                    self.place = format!("{place}, in the statement of line {}", statement.line);
                }
                return Err(self.breaks_off(self.form.marker()));
            }
            Some(tail) => {
                let next = tail.front().map_or(&b""[..], Vec::as_slice);
                if !next.starts_with(cut) {
                    return Err(Fault::Follows {
                        line: self.input.line,
                    });
                }
                if !tail.is_empty() {
                    return Err(self.breaks_off(&String::from_utf8_lossy(next)));
                }
            }
        }
        // What the parts have shown, the same code has to say that judges a dump being made.
        if self.is_in_part || !self.input.ending().is_whole(self.form) {
            return Err(self.breaks_off(self.form.marker()));
        }
        if let Some(globals) = self.globals.take() {
            globals.finish(&mut self.contents);
            self.contents.offset = self.input.bytes;
        }
        if self.form == Form::Cluster {
            self.contents.needs.roles.clear();
            self.contents.needs.tablespaces.clear();
        }
        self.contents.bytes = self.input.bytes;
        Ok(self.contents)
    }

    fn breaks_off(&self, missing: &str) -> Fault {
        self.breaks_off_at(self.place.clone(), missing)
    }

    fn breaks_off_at(&self, place: String, missing: &str) -> Fault {
        Fault::BreaksOff {
            line: self.input.line,
            place,
            missing: if missing.is_empty() {
                "an empty line".to_owned()
            } else {
                format!("\"{missing}\"")
            },
        }
    }

    fn damaged(&self, what: &str) -> Fault {
        Fault::Damaged {
            line: self.input.line,
            place: self.place.clone(),
            what: what.to_owned(),
        }
    }
}

/// What it is that begins so.
fn foreign(line: &[u8]) -> Fault {
    match line {
        [] => Fault::Empty,
        [0x1f, 0x8b, ..] | [b'B', b'Z', b'h', ..] => Fault::Foreign("compressed"),
        [b'P', b'G', b'D', b'M', b'P', ..] => Fault::Foreign("in pg_dump's custom format"),
        _ => Fault::Foreign("something else"),
    }
}

/// The first word of a version, of the first that is told.
fn note(version: &mut String, told: &str) {
    if version.is_empty() {
        told.split(' ')
            .next()
            .unwrap_or_default()
            .clone_into(version);
    }
}

/// `TABLE name` from `name; Type: TABLE; Schema: public; Owner: postgres`.
fn kind_and_name(comment: &str) -> String {
    let (name, rest) = comment.split_once("; Type: ").unwrap_or((comment, ""));
    let kind = rest.split(';').next().unwrap_or_default();
    format!("{kind} {name}")
}

/// `name` or `-reuse-previous=on "dbname='name'"`: the name.
fn connected(argument: &[u8]) -> Option<Vec<u8>> {
    let plain = argument.strip_prefix(b"-reuse-previous=on ");
    let name = Tokens::new(plain.unwrap_or(argument))
        .next()?
        .name()?
        .to_vec();
    if plain.is_none() {
        return Some(name);
    }
    let value = name.strip_prefix(b"dbname=")?;
    let value = value
        .strip_prefix(b"'")
        .and_then(|value| value.strip_suffix(b"'"))
        .unwrap_or(value);
    let mut bytes = value.iter();
    let mut name = Vec::new();
    while let Some(&byte) = bytes.next() {
        name.push(if byte == b'\\' { *bytes.next()? } else { byte });
    }
    Some(name)
}

fn first_word(text: &[u8]) -> &[u8] {
    text.split(|byte| !byte.is_ascii_uppercase())
        .next()
        .unwrap_or_default()
}

/// Only statements that can name what a restore needs are taken apart for it.
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

/// Of `('name', value, is_called);`.
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
