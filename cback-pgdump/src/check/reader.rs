//! Reads a dump from statement to statement: `outline` knows what stands between them, `statements` what
//! they add to the contents.

use super::contents::{Contents, Item};
use super::fault::Fault;
use super::input::Input;
use super::outline::Outline;
use super::rows::Rows;
use super::sections::Kind;
use super::statement::Statement;
use super::statements::Statements;
use super::token::{Table, printable, shown};
use crate::dump::ending::Form;
use memchr::{memchr, memchr_iter};
use std::io::Read;

/// PostgreSQL's `MaxAllocSize`, in bytes: no server takes a longer statement.
const LONGEST: u64 = 1 << 30;

/// Bytes of memory for names of tables: enough for 300,000 of names as long as PostgreSQL lets them be.
const MOST_NAMES: usize = 96 << 20;

/// Bytes of memory for names of roles and a cluster's own statements, so enough for 20,000 roles of such names.
/// A plan has them too, in quotes, which can triple it.
const MOST_PLANNED: usize = 48 << 20;

/// Bytes that are tried, now and then, so that memory's end is noticed while a message can be written.
const PROBE: usize = 40 << 20;

const NUL: &str = "there is a NUL byte, which no text of PostgreSQL holds";

/// A dump while it is read.
pub(crate) struct Reader<R> {
    input: Input<R>,
    outline: Outline,
    statements: Statements,
    /// At which size of what is held memory was last probed, in MiB.
    probed: usize,
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(input: R, contents: Contents) -> Self {
        Self {
            input: Input::new(input),
            outline: Outline::new(Form::Database),
            statements: Statements::new(contents),
            probed: usize::MAX,
        }
    }

    /// Reads it to its end.
    pub(crate) fn read(mut self) -> Result<Contents, Fault> {
        self.head()?;
        let mut line = Vec::new();
        let mut statement = Statement::default();
        while self.input.line(&mut line)? {
            if let Some(lines) = self.outline.ending() {
                let next = lines.pop_front();
                if next.is_none() || next.as_deref() != line.strip_suffix(b"\n") {
                    return Err(Fault::Follows(self.input.line));
                }
            } else {
                self.line(&line, &mut statement)?;
            }
            line.clear();
            if statement.is_complete() {
                statement.place.end = self.input.bytes;
                let table = self.statements.read(&statement);
                statement.clear();
                self.make_room()?;
                if let Some(table) = table.map_err(|what| self.damaged(what))? {
                    self.rows(table)?;
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
            b"-- PostgreSQL database dump\n" => self.statements.contents.begin_section(0),
            b"-- PostgreSQL database cluster dump\n" => {
                self.outline = Outline::new(Form::Cluster);
                self.statements.contents.kind = Kind::Globals;
            }
            _ if line.ends_with(b"\n") => return Err(foreign(&line)),
            _ => return Err(self.breaks_off(self.outline.form.marker())),
        }
        Ok(())
    }

    /// Takes a line, or a part of a long one.
    fn line(&mut self, line: &[u8], statement: &mut Statement) -> Result<(), Fault> {
        if memchr(0, line).is_some() {
            return Err(self.damaged(NUL));
        }
        if !statement.is_empty() || !matches!(line[0], b'\n' | b'-' | b'\\') {
            if statement.is_empty() {
                statement.line = self.input.line;
                statement.place.start = self.input.before;
            }
            statement.push(line);
            let is_taken = statement.length < LONGEST;
            let what = "a statement of more than 1 GiB, which no server takes";
            return is_taken.then_some(()).ok_or_else(|| self.damaged(what));
        }
        let contents = &mut self.statements.contents;
        let outline = &mut self.outline;
        outline.line = self.input.before..self.input.bytes;
        let understood = match line {
            [b'-', b'-', comment @ .., b'\n'] => outline.comment(comment.trim_ascii(), contents),
            [b'\\', command @ .., b'\n'] => outline.command(command.trim_ascii_end(), contents),
            b"\n" => Ok(()),
            _ => Err("a comment or command as pg_dump writes none"),
        };
        understood.map_err(|what| self.damaged(what))
    }

    fn rows(&mut self, table: Table) -> Result<(), Fault> {
        let name = shown(&printable(&table.name));
        self.outline.place = format!(", in the data of {name}");
        let mut rows = Rows::new(
            &table.columns.unwrap_or_default(),
            self.statements.contents.key,
        );
        while !self.some_rows(&mut rows)? {}
        let contents = &mut self.statements.contents;
        contents.add(Item::Table, &table.name, rows.entry);
        self.outline.place = format!(", after the data of {name}");
        Ok(())
    }

    /// Reads the rows that the buffer holds; returns whether they have ended.
    fn some_rows(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        let before = rows.entry.rows;
        let piece = self.input.piece()?;
        if piece.is_empty() {
            let place = &self.outline.place;
            self.outline.place = format!("{place}, row {}", before + 1);
            return Err(self.breaks_off(self.outline.form.marker()));
        }
        let pushed = rows.push(piece);
        let end = pushed.unwrap_or_default();
        let length = end.unwrap_or(piece.len());
        let mut lines = rows.entry.rows - before;
        if let Some(place) = memchr(0, &piece[..length]) {
            lines = memchr_iter(b'\n', &piece[..place]).count() as u64;
            self.input.line += lines + 1;
            return Err(self.damaged(NUL));
        } else if let Err(fields) = pushed {
            self.input.line += lines + 1;
            let columns = rows.columns.len();
            return Err(self.damaged(&format!("{fields} values for {columns} columns")));
        }
        lines += u64::from(end.is_some());
        self.input.consume(length, lines);
        Ok(end.is_some())
    }

    /// Memory is bounded, whatever is in the dump.
    fn make_room(&mut self) -> Result<(), Fault> {
        let (names, planned) = self.statements.contents.held();
        if names > MOST_NAMES {
            return Err(
                self.damaged("names of tables take more than 96 MiB, the most that is held")
            );
        }
        if planned > MOST_PLANNED {
            let what = "names and statements of roles take more than 48 MiB, the most that is held";
            return Err(self.damaged(what));
        }
        let held = names + planned;
        if held >> 20 != self.probed {
            self.probed = held >> 20;
            let probe = Vec::<u8>::new().try_reserve_exact(PROBE);
            probe.map_err(|_| Fault::NoMemory)?;
        }
        Ok(())
    }

    /// At the end of the input. `cut` is a last line without its line end, mostly empty.
    fn end(mut self, cut: &[u8], statement: &Statement) -> Result<Contents, Fault> {
        let form = self.outline.form;
        let Some(lines) = self.outline.ending() else {
            if !statement.is_empty() {
                let place = self.outline.place.replacen(", after", ", in", 1);
                self.outline.place =
                    format!("{place}, in the statement of line {}", statement.line);
            }
            return Err(self.breaks_off(form.marker()));
        };
        let next = lines.pop_front();
        if !next.as_deref().unwrap_or_default().starts_with(cut) {
            return Err(Fault::Follows(self.input.line));
        }
        if let Some(next) = next {
            return Err(self.breaks_off(&String::from_utf8_lossy(&next)));
        }
        let mut contents = self.statements.contents;
        contents.bytes = self.input.bytes;
        contents.digest = self.input.digest();
        contents.end_section(contents.bytes);
        contents.set_encoding();
        contents.objects.finish().map_err(Fault::List)?;
        Ok(contents)
    }

    fn breaks_off(&self, missing: &str) -> Fault {
        let missing = match missing {
            "" => "an empty line".to_owned(),
            missing => format!("\"{missing}\""),
        };
        Fault::BreaksOff(self.input.line, self.outline.place.clone(), missing)
    }

    fn damaged(&self, what: &str) -> Fault {
        Fault::Damaged(self.input.line, self.outline.place.clone(), what.to_owned())
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
