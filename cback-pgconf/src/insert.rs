//! Writing a `<postgresql>` section into a document whose every other byte stays as it is.

use std::ops::Range;

use quick_xml::escape::partial_escape;

use crate::config::{CompressMode, LocalConfig, PostgresqlConfig};
use crate::document::{Document, Element};
use crate::fault::{Fault, Position};

/// Why a section cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The document cannot be read, has no `<cb_config>`, or has a section already.
    #[error(transparent)]
    Document(#[from] Fault),
    /// There is nothing to write.
    #[error("there is no section to add")]
    NoSection,
    /// XML has no way to write a value, or the document grows larger than what is read.
    #[error("the section would not read back as it was given: {0}")]
    ReadsBackOtherwise(String),
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
        let mut section = self.postgresql.clone().ok_or(AddError::NoSection)?;
        section.databases = section.databases.filter(|names| !names.is_empty());
        let known = Document::read(document)?;
        let (gap, before, after) = place(&known, replace)?;
        let mut text = [before, &written(&section), after].concat();
        if known.text.contains("\r\n") {
            text = text.replace('\n', "\r\n");
        }
        let mut added = known.text.to_owned();
        added.replace_range(gap, &text);
        let added = added.into_bytes();
        let cause = match Self::parse(&added).map(|read| read.postgresql) {
            Ok(read) if read == Some(section) => return Ok(added),
            Ok(_) => "an empty value is read as none".to_owned(),
            Err(fault) => fault.cause,
        };
        Err(AddError::ReadsBackOtherwise(cause))
    }
}

/// Where the section goes: the bytes that it replaces, mostly none, and what stands around it.
type Place = (Range<usize>, &'static str, &'static str);

fn place(document: &Document, replace: bool) -> Result<Place, Fault> {
    let Some(root) = document.root() else {
        let cause = "the root element is not <cb_config>";
        return Err(Fault::new(cause).at(Position::START));
    };
    match document.section("postgresql") {
        None => Ok(end_of(&root, document.text)),
        Some(section) if replace => Ok((section.span.clone(), "", "")),
        Some(section) => {
            let fault = section.fault("there is a <postgresql> section already");
            Err(fault.hint("--replace puts the new one in its place"))
        }
    }
}

fn end_of(root: &Element, text: &str) -> Place {
    let through_root = &text[..root.span.end];
    if let Some(tag) = through_root.strip_suffix("/>") {
        return (tag.len()..root.span.end, ">\n   ", "\n</cb_config>");
    }
    let end_tag = through_root.rfind("</").unwrap_or(root.span.end);
    let line = text[..end_tag].trim_end_matches([' ', '\t']).len();
    if text[..line].ends_with('\n') {
        return (line..line, "   ", "\n");
    }
    (end_tag..end_tag, "\n   ", "\n")
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
