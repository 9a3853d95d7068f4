//! Reads a dump from statement to statement: `lines` has what stands between them, `statements` what
//! they add to the contents.

mod lines;
mod statements;

use super::Fault;
use super::contents::{Contents, Item, Kind, Needs};
use super::fingerprint::Key;
use super::input::Input;
use super::large_objects::LargeObject;
use super::names::printable;
use super::rows::{Outcome, Rows};
use super::statement::Statement;
use crate::ending::Form;
use crate::stdio::bounded;
use memchr::{memchr, memchr_iter};
use statements::Copy;
use std::collections::VecDeque;
use std::io::Read;

/// PostgreSQL's `MaxAllocSize`, in bytes: no server takes a longer statement.
const LONGEST: u64 = 1 << 30;

/// Bytes of memory for the names of all that is in the dump, and for a cluster's own statements. It is
/// enough for 300,000 tables or 30,000 roles whose names are as long as PostgreSQL lets them be.
const MOST_HELD: usize = 96 << 20;

/// Bytes that are tried, now and then, so that memory's end is noticed while a message can be written.
const PROBE: usize = 40 << 20;

/// A dump while it is read.
pub(crate) struct Dump<R> {
    input: Input<R>,
    key: Key,
    contents: Contents,
    form: Form,
    section: Section,
    /// In a cluster's dump: the database of the last `\connect`; none in its own part.
    database: Option<Vec<u8>>,
    large_object: LargeObject,
    /// The key of `\restrict`, until `\unrestrict`.
    restricted: Option<Vec<u8>>,
    /// For messages: `, after KIND NAME` by pg_dump's last comment, or `, in the data of NAME`.
    place: String,
    /// At which size of what is held memory was last probed, in MiB.
    probed: usize,
}

/// Where in the dump.
enum Section {
    /// In a cluster's dump: in its own part, until the first database's begins.
    Globals,
    /// In a cluster's dump: between two databases.
    Between,
    /// In a database's dump, which can be a part of a cluster's.
    Database,
    /// After the marker of the whole dump's end: the lines that have to follow.
    End(VecDeque<Vec<u8>>),
}

impl<R: Read> Dump<R> {
    pub(crate) fn new(input: R, key: Key) -> Self {
        Self {
            input: Input::new(input),
            key,
            contents: Contents::default(),
            form: Form::Database,
            section: Section::Database,
            database: None,
            large_object: LargeObject::default(),
            restricted: None,
            place: String::new(),
            probed: usize::MAX,
        }
    }

    /// Reads it to its end.
    pub(crate) fn read(mut self) -> Result<Contents, Fault> {
        self.head()?;
        let mut line = Vec::new();
        let mut statement = Statement::new(self.key);
        while self.input.line(&mut line)? {
            if let Section::End(lines) = &mut self.section {
                let next = lines.pop_front();
                if next.is_none() || next.as_deref() != line.strip_suffix(b"\n") {
                    return Err(self.follows());
                }
                line.clear();
                continue;
            }
            let length = self.line(&line, &mut statement)?;
            line.drain(..length);
            if statement.is_complete() && !statement.is_empty() {
                let copy = self.statement(&mut statement)?;
                statement.clear();
                self.make_room()?;
                if let Some(copy) = copy {
                    self.rows(copy)?;
                }
            }
        }
        self.end(&line, &statement)
    }

    /// Reads the first lines, which tell a plain dump from anything else, and which program's it is.
    fn head(&mut self) -> Result<(), Fault> {
        let mut line = Vec::new();
        self.input.line(&mut line)?;
        if line != b"--\n" {
            return Err(foreign(&line));
        }
        line.clear();
        self.input.line(&mut line)?;
        match &line[..] {
            b"-- PostgreSQL database dump\n" => {}
            b"-- PostgreSQL database cluster dump\n" => {
                self.form = Form::Cluster;
                self.section = Section::Globals;
                self.contents.kind = Kind::Globals;
            }
            _ if line.ends_with(b"\n") => return Err(foreign(&line)),
            _ => return Err(self.breaks_off(self.form.marker())),
        }
        Ok(())
    }

    /// Takes a line, or a part of a long one; returns the number of bytes taken.
    fn line(&mut self, line: &[u8], statement: &mut Statement) -> Result<usize, Fault> {
        if memchr(0, line).is_some() {
            return Err(self.damaged(NUL));
        }
        if statement.is_empty() {
            match line {
                b"\n" => return Ok(1),
                [b'-', b'-', comment @ .., b'\n'] => {
                    self.comment(comment.trim_ascii())?;
                    return Ok(line.len());
                }
                [b'\\', command @ .., b'\n'] => {
                    self.meta(command.trim_ascii_end())?;
                    return Ok(line.len());
                }
                [b'-', b'-', ..] | [b'\\', ..] => {
                    return Err(self.damaged("a comment or command longer than any of pg_dump's"));
                }
                _ => statement.line = self.input.line,
            }
        }
        let length = statement.push(line);
        if statement.length >= LONGEST {
            return Err(self.damaged("a statement of more than 1 GiB, which no server takes"));
        }
        Ok(length)
    }

    fn rows(&mut self, Copy { table, columns }: Copy) -> Result<(), Fault> {
        let name = shown(&printable(&table));
        self.place = format!(", in the data of {name}");
        let mut rows = Rows::new(&columns, self.key);
        loop {
            let before = rows.entry.rows;
            let piece = self.input.piece()?;
            let length = piece.len();
            if length == 0 {
                let place = format!("{}, row {}", self.place, rows.entry.rows + 1);
                let marker = self.form.marker();
                return Err(self.breaks_off_at(place, marker));
            }
            let outcome = rows.push(piece);
            let read = match outcome {
                Outcome::Ended(length) => length,
                _ => length,
            };
            if let Some(place) = memchr(0, &piece[..read]) {
                let lines = memchr_iter(b'\n', &piece[..place]).count() as u64;
                self.input.line += lines + 1;
                return Err(self.damaged(NUL));
            }
            match outcome {
                Outcome::More => self.input.consume(length, rows.entry.rows - before),
                Outcome::Ended(length) => {
                    self.input.consume(length, rows.entry.rows - before + 1);
                    self.add(Item::Table, &table, rows.entry);
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

    /// Memory is bounded, whatever is in the dump.
    fn make_room(&mut self) -> Result<(), Fault> {
        let held = self.contents.held();
        if held > MOST_HELD {
            let what =
                "names and statements about roles take more than 96 MiB, the most that is held";
            return Err(self.damaged(what));
        }
        if held >> 20 != self.probed {
            self.probed = held >> 20;
            let probe = Vec::<u8>::new().try_reserve_exact(PROBE);
            probe.map_err(|_| Fault::NoMemory)?;
        }
        Ok(())
    }

    /// At the end of the input. `cut` is a last line without its line end, mostly empty.
    fn end(mut self, cut: &[u8], statement: &Statement) -> Result<Contents, Fault> {
        let Section::End(tail) = &self.section else {
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
        if !self.input.ending().is_whole(self.form) {
            return Err(self.breaks_off(self.form.marker()));
        }
        if self.form == Form::Cluster {
            self.contents.needs = Needs::default();
        }
        if self.contents.kind == Kind::Globals {
            self.contents.offset = self.input.bytes;
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

/// A name for a message, of which the rest is more important.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(&bounded(name, 200)).into_owned()
}

const NUL: &str = "there is a NUL byte, which no text of PostgreSQL holds";

/// Why a file that begins with this line is no plain dump.
fn foreign(line: &[u8]) -> Fault {
    match line {
        [] => Fault::Empty,
        [0x1f, 0x8b, ..] | [b'B', b'Z', b'h', ..] => Fault::Foreign("compressed"),
        [b'P', b'G', b'D', b'M', b'P', ..] => Fault::Foreign("in pg_dump's custom format"),
        _ => Fault::Foreign("something else"),
    }
}
