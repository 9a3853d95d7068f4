//! What may have been meant by what is not read.

use crate::document::{Document, Ignored, Node};

const BLANKS: &str = "Cedar Backup does not trim values: remove the blanks around it";

/// Advice on a value of `all` or `globals` that is none.
pub(crate) fn for_flag(name: &str, text: &str) -> Option<String> {
    let trimmed = text.trim().to_ascii_lowercase();
    match trimmed.as_str() {
        "" | "y" | "n" => Some(BLANKS.to_owned()),
        "yes" | "true" | "1" | "on" => Some(format!("write <{name}>Y</{name}>")),
        "no" | "false" | "0" | "off" => Some(format!("write <{name}>N</{name}>")),
        _ => None,
    }
}

/// Advice on a `compress_mode` that is none.
pub(crate) fn for_compress_mode(text: &str) -> Option<&'static str> {
    match text.trim() {
        "" | "none" | "gzip" | "bzip2" => Some(BLANKS),
        "gz" => Some("write <compress_mode>gzip</compress_mode>"),
        "bz2" | "bzip" => Some("write <compress_mode>bzip2</compress_mode>"),
        other if ["none", "gzip", "bzip2"].contains(&other.to_ascii_lowercase().as_str()) => {
            Some("write it in lower case")
        }
        _ => None,
    }
}

/// Advice on a path that is not absolute.
pub(crate) fn for_path(path: &str) -> Option<&'static str> {
    path.trim_start().starts_with('/').then_some(BLANKS)
}

/// Whether `name` was probably meant to be `known`: `databases`, `databse`, `compressMode`, `p:all`.
pub(crate) fn is_alike(known: &str, name: &str) -> bool {
    let plain = |name: &str| {
        let local = name.rsplit(':').next().unwrap_or(name);
        local.replace(['_', '-'], "").to_ascii_lowercase()
    };
    // Names of very different lengths are not compared letter by letter: one may have a million.
    name.len() <= 2 * known.len() + 16
        && strsim::normalized_levenshtein(&plain(known), &plain(name)) >= 0.75
}

/// Why a value that seems to be there was not read.
pub(crate) fn overlooked(section: Node, value: &str) -> Option<String> {
    let mut children = section.children();
    let child = children.find(|child| is_alike(value, child.name))?;
    let place = format!("<{}> at {}", child.name, child.position());
    match (&child.text, child.ignored) {
        _ if child.name != value => Some(format!("{place} is not read: write <{value}>")),
        (None, Some(Ignored::Cdata)) => Some(format!(
            "{place} holds a CDATA section, which Cedar Backup ignores"
        )),
        (None, _) => Some(format!("{place} has no text")),
        _ => None,
    }
}

/// Why a section that seems to be there was not found.
pub(crate) fn misplaced(document: &Document, section: &str) -> Option<String> {
    let root = document.nodes().next()?;
    if document.root().is_none() {
        return Some(format!(
            "the root element is <{}>, and must be <cb_config>",
            root.name
        ));
    }
    let mut below = document.nodes().skip(1);
    let stray = below.find(|node| is_alike(section, node.name))?;
    let is_named_so = stray.name == section;
    let what = if is_named_so {
        "stands too deep"
    } else {
        "is another name"
    };
    let place = format!("<{}> at {}", stray.name, stray.position());
    Some(format!(
        "{place} {what}: it must be <{section}>, right below <cb_config>"
    ))
}
