//! The part of a document that Cedar Backup's extension reads; and writing it into a document whose every
//! other byte stays as it is.

use std::ops::Range;

use quick_xml::escape::partial_escape;

use crate::config::{CompressMode, PostgresqlConfig, Settings};
use crate::document::{Document, Element};
use crate::fault::{Fault, Position};
use crate::output::flag;
use crate::{checks, reader};

/// A configuration as Cedar Backup's extension knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalConfig {
    /// The first `<postgresql>` section of `<cb_config>`, if there is one.
    pub postgresql: Option<PostgresqlConfig>,
}

impl LocalConfig {
    /// Reads a document as Cedar Backup reads it, without asking whether it is valid.
    ///
    /// # Errors
    ///
    /// It is not well-formed or not UTF-8, has a DOCTYPE, more than 1 MiB or 128 namespaces in one place;
    /// a value cannot be what it stands for.
    pub fn parse(document: &[u8]) -> Result<Self, Fault> {
        let postgresql = PostgresqlConfig::read(&reader::read(document)?)?;
        Ok(Self { postgresql })
    }

    /// Holds the section against Cedar Backup's rules.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), Fault> {
        checks::validate(&Settings::of(self.postgresql.clone()))
    }

    /// The document with the section as the last child of `<cb_config>`; or, if it has one already and
    /// `replace` is set, in place of the first.
    ///
    /// Like Cedar Backup it indents by three blanks a level; line ends are those of the document.
    ///
    /// # Errors
    ///
    /// The document cannot be read, has no `<cb_config>`, or has a section already; there is no section
    /// to write, XML has no way to write a value, or the document grows larger than what is read.
    pub fn add_config(&self, document: &[u8], replace: bool) -> Result<Vec<u8>, Fault> {
        let section = self.postgresql.clone();
        let mut section = section.ok_or_else(|| Fault::new("there is no section to add"))?;
        section.databases.take_if(|names| names.is_empty());
        let known = reader::read(document)?;
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
        let cause = format!("the section would not read back as it was given: {cause}");
        Err(Fault::new(cause))
    }
}

/// Where the section goes: the bytes that it replaces, mostly none, and what stands around it.
type Place = (Range<usize>, &'static str, &'static str);

fn place(document: &Document, replace: bool) -> Result<Place, Fault> {
    let Some(root) = document.root() else {
        let cause = "the root element is not <cb_config>";
        return Err(Fault::new(cause).at(Position::of(0, "")));
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
    let always = [
        ("user", section.user.as_deref()),
        (
            "compress_mode",
            section.compress_mode.map(CompressMode::as_str),
        ),
        ("all", Some(flag(section.all))),
    ];
    let ours = [("separate", section.separate), ("globals", section.globals)];
    let ours = ours.into_iter().filter(|(_, is_set)| *is_set);
    let ours = ours.map(|(name, is_set)| (name, Some(flag(is_set))));
    let databases = section.databases.iter().flatten();
    let databases = databases.map(|name| ("database", Some(&**name)));
    let excluded = section.excluded.iter();
    let excluded = excluded.map(|name| ("exclude", Some(&**name)));
    let values = always
        .into_iter()
        .chain(ours)
        .chain(databases)
        .chain(excluded);
    let elements = values.map(|(name, value)| match value {
        Some(value) => format!("      <{name}>{}</{name}>\n", partial_escape(value)),
        None => format!("      <{name}/>\n"),
    });
    format!(
        "<postgresql>\n{}   </postgresql>",
        elements.collect::<String>()
    )
}
