//! Reads a dump from statement to statement: `lines` has what stands between them, `statements` what
//! they add to the contents.

mod lines;
mod statements;

use super::Fault;
use super::contents::{Contents, Item, Kind};
use super::globals::Globals;
use super::input::{Input, LONGEST};
use super::large_objects::LargeObject;
use super::names::printable;
use super::rows::{Outcome, Rows};
use super::statement::Statement;
use crate::ending::Form;
use std::collections::VecDeque;
use std::io::Read;

/// A dump while it is read.
pub(crate) struct Dump<R> {
    input: Input<R>,
    contents: Contents,
    form: Form,
    /// In a cluster's dump: the database of the last `\connect`; none in its own part.
    database: Option<Vec<u8>>,
    /// Reads a cluster's own part, until the first database's begins.
    globals: Option<Globals>,
    large_object: LargeObject,
    /// `SET standard_conforming_strings = off` was there.
    has_backslashes: bool,
    /// The key of `\restrict`, until `\unrestrict`.
    restricted: Option<Vec<u8>>,
    /// For messages: `, after KIND NAME` by pg_dump's last comment, or `, in the data of NAME`.
    place: String,
    /// After the marker of the whole dump's end: the lines that have to follow.
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

    /// Reads the first lines, which tell a plain dump from anything else, and which program's it is.
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
            let text = line.strip_suffix(b"\n");
            let is_expected = tail.pop_front().as_deref() == text;
            return is_expected.then_some(()).ok_or_else(|| self.follows());
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

    /// At the end of the input. `cut` is a last line without its line end, mostly empty.
    fn end(mut self, cut: &[u8], statement: &Statement) -> Result<Contents, Fault> {
        let Some(tail) = self.tail.take() else {
            if !statement.is_empty() {
                let place = self.place.replacen(", after", ", in", 1);
                self.place = format!("{place}, in the statement of line {}", statement.line);
            }
            return Err(self.breaks_off(self.form.marker()));
        };
        let next = tail.front().map_or(&b""[..], Vec::as_slice);
        if !next.starts_with(cut) {
            return Err(self.follows());
        }
        if !tail.is_empty() {
            return Err(self.breaks_off(&String::from_utf8_lossy(next)));
        }
        // By the same code that decides whether a dump that is being made gets its seal.
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

    fn follows(&self) -> Fault {
        Fault::Follows {
            line: self.input.line,
        }
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

/// Why a file that begins with this line is no plain dump.
fn foreign(line: &[u8]) -> Fault {
    match line {
        [] => Fault::Empty,
        [0x1f, 0x8b, ..] | [b'B', b'Z', b'h', ..] => Fault::Foreign("compressed"),
        [b'P', b'G', b'D', b'M', b'P', ..] => Fault::Foreign("in pg_dump's custom format"),
        _ => Fault::Foreign("something else"),
    }
}
