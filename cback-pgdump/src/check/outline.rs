//! Where in a dump a line stands, by the lines between statements: comments, and psql's commands, which
//! begin with a backslash.

use super::contents::Contents;
use super::sections::{Kind, note};
use super::token::{Token, shown, tokens};
use crate::dump::ending::{Form, is_key};
use std::collections::VecDeque;
use std::ops::Range;

/// Where in a dump.
pub(crate) struct Outline {
    pub(crate) form: Form,
    section: Section,
    /// The key of `\restrict`, until `\unrestrict`.
    restricted: Option<Vec<u8>>,
    /// Where the current line stands, in bytes.
    pub(crate) line: Range<u64>,
    /// The current database's part has begun with a `\connect`, before its own head.
    is_connected: bool,
    /// The place as messages have it: `, after KIND NAME` by pg_dump's last comment, or `, in the data of NAME`.
    pub(crate) place: String,
}

enum Section {
    /// In a cluster's dump: its own part, until the first database's begins.
    Cluster,
    /// In a cluster's dump: between two databases.
    Between,
    /// In a database's dump, which can be a part of a cluster's.
    Database,
    /// After the marker of the whole dump's end: the lines that have to follow.
    End(VecDeque<Vec<u8>>),
}

/// Faults say why a line cannot stand where it stands.
impl Outline {
    /// After the head of a dump of this form.
    pub(crate) fn new(form: Form) -> Self {
        Self {
            form,
            section: match form {
                Form::Database => Section::Database,
                Form::Cluster => Section::Cluster,
            },
            restricted: None,
            line: 0..0,
            is_connected: false,
            place: String::new(),
        }
    }

    /// After the whole dump's marker: the lines that have to follow.
    pub(crate) fn ending(&mut self) -> Option<&mut VecDeque<Vec<u8>>> {
        match &mut self.section {
            Section::End(lines) => Some(lines),
            _ => None,
        }
    }

    /// A comment, its dashes taken off.
    pub(crate) fn comment(
        &mut self,
        comment: &[u8],
        contents: &mut Contents,
    ) -> Result<(), &'static str> {
        let text = String::from_utf8_lossy(comment);
        if comment == &self.form.marker().as_bytes()[3..] {
            self.marker(contents)?;
        } else if let Some(version) = text.strip_prefix("Dumped from database version ") {
            note(&mut contents.server_version, version);
        } else if let Some(version) = text.strip_prefix("Dumped by pg_dump version ") {
            note(&mut contents.pg_dump_version, version);
        } else if let Some((of, name)) = text
            .split_once("Name: ")
            .filter(|(of, _)| ["", "Data for ", "Statistics for "].contains(of))
        {
            self.place = format!(", after {}", kind_and_name(name));
            let title = comment.strip_prefix(b"Name: ");
            contents.begin_object(title);
            if let Some(section) = contents.sections.last_mut() {
                section.objects += u64::from(of.is_empty());
                section.has_begun = true;
            }
        } else if text.starts_with("load via partition root ") {
            contents.written.has_root_loads |= contents.is_taken();
        } else if text == "PostgreSQL database dump" {
            self.begin_database(contents);
            expect(matches!(self.section, Section::Between))?;
            self.section = Section::Database;
            self.is_connected = false;
            contents.written.partitions.clear();
        } else if text == "PostgreSQL database dump complete" {
            expect(matches!(self.section, Section::Database))?;
            contents.begin_object(None);
            self.section = Section::Between;
        }
        Ok(())
    }

    /// A command of psql's, its backslash taken off.
    pub(crate) fn command(
        &mut self,
        command: &[u8],
        contents: &mut Contents,
    ) -> Result<(), &'static str> {
        if let Some(key) = command.strip_prefix(b"restrict ").filter(|key| is_key(key)) {
            if self.restricted.replace(key.to_vec()).is_some() {
                return Err("a second \\restrict before \\unrestrict");
            }
            contents.restricted.get_or_insert_with(|| key.to_vec());
            // Whoever made the dump knows its key: a restore has one of its own.
            contents.cut(self.line.clone(), false);
        } else if let Some(key) = command.strip_prefix(b"unrestrict ") {
            if self.restricted.take().as_deref() != Some(key) {
                return Err("\\unrestrict without its \\restrict");
            }
            contents.cut(self.line.clone(), false);
        } else if let Some(argument) = command.strip_prefix(b"connect ") {
            self.begin_database(contents);
            contents.name_section(connected(argument));
            contents.cut(self.line.clone(), false);
        } else if command.starts_with(b"encoding ") {
            self.begin_database(contents);
            contents.cut(self.line.clone(), false);
        } else {
            return Err("a command for psql that no pg_dump writes");
        }
        Ok(())
    }

    /// The whole dump's last marker.
    fn marker(&mut self, contents: &mut Contents) -> Result<(), &'static str> {
        if self.form == Form::Cluster {
            expect(!matches!(self.section, Section::Database))?;
        }
        if contents.is_in_cluster() {
            contents.end_cluster();
        }
        // `\unrestrict` may follow, and nothing else.
        contents.end_section(self.line.end);
        self.section = Section::End(self.form.tail(self.restricted.as_deref()));
        Ok(())
    }

    /// A database's part begins with this line, if it has not begun.
    fn begin_database(&mut self, contents: &mut Contents) {
        if contents.is_in_cluster() {
            contents.end_cluster();
            contents.kind = Kind::Cluster;
            self.section = Section::Between;
        }
        if matches!(self.section, Section::Between) && !self.is_connected {
            contents.begin_section(self.line.start);
            self.is_connected = true;
        }
    }
}

/// In a cluster's dump a database's begins and ends where it should.
fn expect(is_expected: bool) -> Result<(), &'static str> {
    let missing = "the end of one database's dump is missing";
    is_expected.then_some(()).ok_or(missing)
}

/// `TABLE name` from `name; Type: TABLE; Schema: public; Owner: postgres`.
fn kind_and_name(comment: &str) -> String {
    let (name, rest) = comment.split_once("; Type: ").unwrap_or((comment, ""));
    let kind = rest.split(';').next().unwrap_or_default();
    shown(format!("{kind} {name}").as_bytes())
}

/// The name in `name`, `-reuse-previous=on "dbname='name'"` or, where psql's own quotes are single, `'dbname=''name'''`,
/// the arguments of `\connect`.
fn connected(argument: &[u8]) -> Option<Vec<u8>> {
    let plain = argument.strip_prefix(b"-reuse-previous=on ");
    let name = match tokens(plain.unwrap_or(argument)).first()? {
        Token::Text(text) => unescaped(text, true)?,
        token => token.name()?.to_vec(),
    };
    if plain.is_none() {
        return Some(name);
    }
    let value = name.strip_prefix(b"dbname=")?;
    let quoted = value
        .strip_prefix(b"'")
        .and_then(|it| it.strip_suffix(b"'"));
    unescaped(quoted.unwrap_or(value), false)
}

/// A text in which a backslash gives the next byte its meaning. Between psql's single quotes line ends have letters, and a
/// double quote stands four times.
fn unescaped(text: &[u8], is_psqls: bool) -> Option<Vec<u8>> {
    let mut bytes = text.iter();
    let mut plain = Vec::new();
    while let Some(&byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                b'n' if is_psqls => b'\n',
                b'r' if is_psqls => b'\r',
                byte => *byte,
            },
            b'"' if is_psqls => *bytes.nth(2)?,
            byte => byte,
        });
    }
    Some(plain)
}
