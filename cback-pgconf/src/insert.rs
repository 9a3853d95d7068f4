//! Writing a `<postgresql>` section into a document whose every other byte stays as it is.

use std::ops::Range;

use quick_xml::escape::partial_escape;

use crate::Error;
use crate::chars::is_char;
use crate::config::{CompressMode, LocalConfig, PostgresqlConfig};
use crate::document::{Document, Root};
use crate::fault::{Fault, Position};

/// Why a section cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The document cannot be read, has no `<cb_config>`, or has a section already.
    #[error(transparent)]
    Document(#[from] Error),
    /// There is nothing to write.
    #[error("there is no section to add")]
    NoSection,
    /// An empty element reads as no value at all.
    #[error("{0} cannot be empty: it would read back as missing")]
    Empty(&'static str),
    /// XML has no way to write it.
    #[error("{0} {1:?} holds a character that XML cannot carry")]
    Unwritable(&'static str, String),
    /// What was written would read as something else.
    #[error("the section would not read back as it was given")]
    ReadsBackOtherwise,
}

impl LocalConfig {
    /// The document with the section as the last child of `<cb_config>`; or, if it has one already and
    /// `replace` is set, in place of the first.
    ///
    /// Like Cedar Backup it indents by three blanks a level; line ends are those of the document.
    ///
    /// # Errors
    ///
    /// See [`AddError`].
    pub fn add_config(&self, document: &[u8], replace: bool) -> Result<Vec<u8>, AddError> {
        let section = self.postgresql.as_ref().ok_or(AddError::NoSection)?;
        check(section)?;
        let known = Document::read(document)?;
        let gap = Gap::find(document, &known, replace).map_err(Error::from)?;
        let has_crlf = document.windows(2).any(|pair| pair == b"\r\n");
        let text = [gap.before, &written(section), gap.after].concat();
        let text = if has_crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        };
        let (head, tail) = (&document[..gap.bytes.start], &document[gap.bytes.end..]);
        let added = [head, text.as_bytes(), tail].concat();
        match Self::parse(added.as_slice()) {
            Ok(read)
                if read
                    .postgresql
                    .as_ref()
                    .is_some_and(|read| same(read, section)) =>
            {
                Ok(added)
            }
            _ => Err(AddError::ReadsBackOtherwise),
        }
    }
}

/// Where the section goes: the bytes that it replaces, mostly none, and what stands around it.
struct Gap {
    bytes: Range<usize>,
    before: &'static str,
    after: &'static str,
}

impl Gap {
    fn find(document: &[u8], known: &Document, replace: bool) -> Result<Self, Fault> {
        let Some(root) = &known.root else {
            return Err(Fault::new(
                Position::START,
                "the root element is not <cb_config>",
            ));
        };
        match known.section("postgresql") {
            None => Ok(Self::at_end_of(root, document)),
            Some(section) if replace => Ok(Self {
                bytes: section.span.clone(),
                before: "",
                after: "",
            }),
            Some(section) => {
                let cause = "there is a <postgresql> section already";
                Err(Fault::new(section.position, cause)
                    .hint("--replace puts the new one in its place"))
            }
        }
    }

    fn at_end_of(root: &Root, document: &[u8]) -> Self {
        if root.is_empty {
            let slash = root.end.end - "/>".len();
            return Self {
                bytes: slash..root.end.end,
                before: ">\n   ",
                after: "\n</cb_config>",
            };
        }
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
        let indent = document[..root.end.start]
            .iter()
            .rev()
            .take_while(is_blank)
            .count();
        let line = root.end.start - indent;
        if document[..line].ends_with(b"\n") {
            return Self {
                bytes: line..line,
                before: "   ",
                after: "\n",
            };
        }
        Self {
            bytes: root.end.start..root.end.start,
            before: "\n   ",
            after: "\n",
        }
    }
}

/// The section's element, its first line without indentation and its last without a line end.
fn written(section: &PostgresqlConfig) -> String {
    let element = |name: &str, value: Option<&str>| match value {
        Some(value) => format!("      <{name}>{}</{name}>\n", partial_escape(value)),
        None => format!("      <{name}/>\n"),
    };
    let mut text = String::from("<postgresql>\n");
    text += &element("user", section.user.as_deref());
    text += &element(
        "compress_mode",
        section.compress_mode.map(CompressMode::as_str),
    );
    text += &element("all", Some(if section.all { "Y" } else { "N" }));
    if section.globals {
        text += &element("globals", Some("Y"));
    }
    for database in section.databases.iter().flatten() {
        text += &element("database", Some(database));
    }
    text + "   </postgresql>"
}

fn check(section: &PostgresqlConfig) -> Result<(), AddError> {
    let user = section.user.iter().map(|user| ("user", user));
    let databases = section
        .databases
        .iter()
        .flatten()
        .map(|name| ("database", name));
    for (name, value) in user.chain(databases) {
        if value.is_empty() {
            return Err(AddError::Empty(name));
        }
        if !value.chars().all(is_char) {
            return Err(AddError::Unwritable(name, value.clone()));
        }
    }
    Ok(())
}

/// Equal, the databases in the same order too; none at all is as good as an empty list.
fn same(read: &PostgresqlConfig, given: &PostgresqlConfig) -> bool {
    let names = |config: &PostgresqlConfig| config.databases.clone().unwrap_or_default();
    let rest = |config: &PostgresqlConfig| {
        (
            config.user.clone(),
            config.compress_mode,
            config.all,
            config.globals,
        )
    };
    names(read) == names(given) && rest(read) == rest(given)
}
