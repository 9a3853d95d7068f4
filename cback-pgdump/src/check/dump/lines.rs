//! The lines between statements: comments, and psql's commands, which begin with a backslash.

use super::super::Fault;
use super::super::contents::{Item, Kind};
use super::super::token::Tokens;
use super::{Dump, Section, shown};
use crate::ending::{Form, is_key};
use std::io::Read;

impl<R: Read> Dump<R> {
    pub(super) fn comment(&mut self, comment: &[u8]) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(comment);
        if comment == &self.form.marker().as_bytes()[3..] {
            self.marker()?;
        } else if let Some(version) = text.strip_prefix("Dumped from database version ") {
            note(&mut self.contents.server_version, version);
        } else if let Some(version) = text.strip_prefix("Dumped by pg_dump version ") {
            note(&mut self.contents.pg_dump_version, version);
        } else if let Some(name) = text.strip_prefix("Name: ") {
            self.place = format!(", after {}", kind_and_name(name));
        } else if let Some(name) = text.strip_prefix("Data for Name: ") {
            self.place = format!(", after {}", kind_and_name(name));
        } else if text.starts_with("load via partition root ") {
            self.contents.has_root_loads = true;
        } else if text == "PostgreSQL database dump" {
            self.end_globals();
            self.expect(matches!(self.section, Section::Between))?;
            self.section = Section::Database;
            self.contents.partitions.clear();
        } else if text == "PostgreSQL database dump complete" {
            self.expect(matches!(self.section, Section::Database))?;
            self.section = Section::Between;
        }
        Ok(())
    }

    /// The whole dump's last marker.
    fn marker(&mut self) -> Result<(), Fault> {
        if self.form == Form::Cluster {
            self.expect(!matches!(self.section, Section::Database))?;
            self.sort_out_globals();
        }
        self.section = Section::End(self.form.tail(self.restricted.as_deref()));
        Ok(())
    }

    /// In a cluster's dump a database's begins and ends where it should.
    fn expect(&self, is_expected: bool) -> Result<(), Fault> {
        let missing = || self.damaged("the end of one database's dump is missing");
        is_expected.then_some(()).ok_or_else(missing)
    }

    /// A command of psql's, its backslash taken off.
    pub(super) fn meta(&mut self, command: &[u8]) -> Result<(), Fault> {
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

    /// The first database's part begins with this line.
    fn end_globals(&mut self) {
        if let Section::Globals = self.section {
            self.sort_out_globals();
            self.contents.kind = Kind::Cluster;
            self.contents.offset = self.input.before;
            self.section = Section::Between;
        }
    }

    fn sort_out_globals(&mut self) {
        if let Section::Globals = self.section {
            for (heading, entry) in self.contents.globals.sort_out(self.key) {
                self.contents
                    .add(None, Item::Globals, heading.as_bytes(), entry);
            }
        }
    }
}

/// Takes the first word for the version, unless it is known already; none is as long as 40 characters.
fn note(version: &mut String, told: &str) {
    if version.is_empty() {
        let word = told.split(' ').next().unwrap_or_default();
        let shown = word.replace(char::is_control, "?");
        version.extend(shown.chars().take(40));
    }
}

/// `TABLE name` from `name; Type: TABLE; Schema: public; Owner: postgres`.
fn kind_and_name(comment: &str) -> String {
    let (name, rest) = comment.split_once("; Type: ").unwrap_or((comment, ""));
    let kind = rest.split(';').next().unwrap_or_default();
    shown(format!("{kind} {name}").as_bytes())
}

/// The name in `name` or `-reuse-previous=on "dbname='name'"`, the arguments of `\connect`.
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
