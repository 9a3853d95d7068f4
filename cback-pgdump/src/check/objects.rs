//! The objects of a dump, as the comments tell them that pg_dump writes above each: type, name, schema, owner,
//! tablespace. An object's fingerprint is the sum of its statements', since rights and columns' properties may come
//! in another order. Names are not held: each object goes into a list, or is looked up in one, when its statements
//! have been read.

use super::definition;
use super::fingerprint::{Key, hash};
use super::known::Known;
use super::statement::Statement;
use super::token::{Token, printable, spelled};
use memchr::memmem;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// The use that is made of each object.
#[derive(Debug, Default)]
pub(crate) enum List {
    /// Nothing: only data are looked at.
    #[default]
    Unwanted,
    /// A line in a file: type, name and fingerprint, separated by tabs.
    Written(BufWriter<File>),
    /// It is compared with those of such a file.
    Compared(Known),
}

/// The beginnings of statements that define nothing.
const OF_SESSION: [&[u8]; 3] = [b"SET ", b"RESET ", b"SELECT pg_catalog.set_config("];

/// The objects so far.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) list: List,
    key: Key,
    /// Why the list could not be written.
    fault: Option<io::Error>,
    /// Type and name of the object whose statements are read, if it is one, and the sum of their fingerprints.
    current: Option<Object>,
    /// By `SET default_table_access_method`, but for heap.
    access_method: u64,
    /// Some object has an owner; some is a comment.
    pub(crate) has_owner: bool,
    pub(crate) has_comment: bool,
}

#[derive(Debug)]
struct Object {
    line: Vec<u8>,
    is_table: bool,
    is_of_rights: bool,
    /// The last statement's fingerprint; none before the first.
    last: Option<u64>,
    /// The sum of the statements' fingerprints and the comment's.
    sum: u64,
}

impl Objects {
    pub(crate) fn new(list: List, key: Key) -> Self {
        Self {
            list,
            key,
            ..Self::default()
        }
    }

    /// Bytes of memory that they take.
    pub(crate) fn held(&self) -> usize {
        match &self.list {
            List::Compared(known) => known.held(),
            _ => 0,
        }
    }

    /// The current object's statements are about rights, which are granted by other roles in every dump.
    pub(crate) fn are_rights(&self) -> bool {
        self.current.as_ref().is_some_and(|it| it.is_of_rights)
    }

    fn is_wanted(&self) -> bool {
        !matches!(self.list, List::Unwanted)
    }

    /// Begins the object of this comment, in a cluster's `database`.
    pub(crate) fn begin(&mut self, comment: &[u8], database: Option<&[u8]>) {
        self.end();
        let mut comment = comment.to_vec();
        comment.retain(|byte| *byte != b'"'); // of which some dumps have more
        let Title {
            kind,
            mut name,
            owner,
        } = Title::read(&comment);
        let is_group = kind == b"BLOB METADATA";
        if is_group {
            name = b"large objects".to_vec();
        }
        self.has_owner |= owner != b"-" && !owner.starts_with(b"-; Tablespace: ");
        self.has_comment |= kind == b"COMMENT";
        // No statement of rights gives an owner, and that of an extension's member is not in a dump.
        let is_of_rights = kind.ends_with(b"ACL");
        let owner = if is_of_rights { owner.len() } else { 0 };
        let told = &comment[..comment.len().saturating_sub(owner)];
        self.current = Some(Object {
            line: line(kind, database, &name),
            sum: if is_group { 0 } else { self.key.row(told) },
            is_table: kind == b"TABLE" || kind == b"MATERIALIZED VIEW",
            is_of_rights,
            last: None,
        });
    }

    /// Adds the next statement, which the role `session` runs. What is not between an object's comment and the next
    /// is no definition.
    pub(crate) fn add(
        &mut self,
        statement: &Statement,
        tokens: &[Token<'_>],
        session: Option<&[u8]>,
    ) {
        let text = &statement.text[..];
        if let Some(method) = text.strip_prefix(b"SET default_table_access_method = ") {
            let is_usual = [&b"heap;\n"[..], b"\"heap\";\n"].contains(&method);
            self.access_method = if is_usual { 0 } else { self.key.row(method) };
        }
        if !self.is_wanted() || OF_SESSION.iter().any(|it| text.starts_with(it)) {
            return;
        }
        let Some(object) = &mut self.current else {
            return;
        };
        let fingerprint = definition::fingerprint(tokens, self.key);
        let mut fingerprint = fingerprint.wrapping_add(statement.rest());
        if object.last.is_none() && object.is_table {
            object.sum ^= self.access_method;
        }
        if is_continued(text) {
            fingerprint = hash(fingerprint ^ object.last.unwrap_or_default());
        }
        object.last = Some(fingerprint);
        let run = run_by(session, fingerprint, self.key);
        object.sum = object.sum.wrapping_add(run);
    }

    /// Ends the current object.
    pub(crate) fn end(&mut self) {
        if let Some(object) = self.current.take_if(|it| it.last.is_some()) {
            self.take(&object.line, object.sum);
        }
        self.current = None;
    }

    /// Takes an object that no comment tells.
    pub(crate) fn single(&mut self, kind: &str, name: &[u8], fingerprint: u64) {
        self.take(&line(kind.as_bytes(), None, name), fingerprint);
    }

    fn take(&mut self, line: &[u8], fingerprint: u64) {
        match &mut self.list {
            List::Unwanted => {}
            List::Written(file) => {
                let written = file.write_all(line);
                let written = written.and_then(|()| writeln!(file, "\t{fingerprint:016x}"));
                self.fault = self.fault.take().or(written.err());
            }
            List::Compared(known) => known.take(line, fingerprint),
        }
    }

    /// At the end of the dump.
    ///
    /// # Errors
    ///
    /// The list could not be written.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.end();
        self.fault.take().map_or(Ok(()), Err)?;
        match &mut self.list {
            List::Written(file) => file.flush(),
            _ => Ok(()),
        }
    }
}

/// The fingerprint of a statement that this role runs.
pub(crate) fn run_by(session: Option<&[u8]>, statement: u64, key: Key) -> u64 {
    hash(statement ^ session.map_or(0, |role| key.row(role)))
}

/// The statement goes on that the last one seemed to end: `BEGIN ATOMIC`, or a rule's.
fn is_continued(text: &[u8]) -> bool {
    text[0].is_ascii_whitespace() || text == b"END;\n"
}

/// `name; Type: TABLE; Schema: public; Owner: postgres`, taken apart. Of names that hold such words only the type
/// and the name that are shown are odd.
struct Title<'a> {
    kind: &'a [u8],
    name: Vec<u8>,
    owner: &'a [u8],
}

impl<'a> Title<'a> {
    fn read(comment: &'a [u8]) -> Self {
        let cut = |text: &'a [u8], word: &str| match memmem::rfind(text, word.as_bytes()) {
            Some(place) => (&text[..place], &text[place + word.len()..]),
            None => (text, &b"-"[..]),
        };
        let (name, rest) = cut(comment, "; Type: ");
        let (rest, owner) = cut(rest, "; Owner: ");
        let (kind, schema) = cut(rest, "; Schema: ");
        Self {
            kind,
            name: in_schema(kind, schema, name),
            owner,
        }
    }
}

/// The name of rights, comments and labels begins with the type of what they are about.
fn in_schema(kind: &[u8], schema: &[u8], name: &[u8]) -> Vec<u8> {
    if schema == b"-" {
        return name.to_vec();
    }
    let is_about = [&b"ACL"[..], b"COMMENT", b"SECURITY LABEL"].contains(&kind);
    let words = name.split_inclusive(|byte| *byte == b' ');
    let is_type = |word: &&[u8]| is_about && word.iter().all(|byte| !byte.is_ascii_lowercase());
    let length: usize = words.take_while(is_type).map(<[u8]>::len).sum();
    let (about, name) = name.split_at(if length == name.len() { 0 } else { length });
    [about, schema, b".", name].concat()
}

/// Type and name, separated by a tab.
fn line(kind: &[u8], database: Option<&[u8]>, name: &[u8]) -> Vec<u8> {
    let mut line = printable(kind);
    line.push(b'\t');
    if let Some(database) = database {
        line.extend(printable(&spelled(database)));
        line.push(b'.');
    }
    line.extend(printable(name));
    line
}
