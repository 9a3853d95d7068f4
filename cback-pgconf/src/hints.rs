//! What may have been meant by what is not read.

use crate::document::{Document, Element, Ignored};

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
pub(crate) fn overlooked(document: &Document, section: &Element, value: &str) -> Option<String> {
    let mut children = document.children(section);
    let child = children.find(|child| is_alike(value, child.name))?;
    let (name, position) = (child.name, document.position(child));
    if name != value {
        return Some(format!(
            "<{name}> at {position} is not read: write <{value}>"
        ));
    }
    match (&child.text, child.ignored) {
        (None, Some(Ignored::Cdata)) => Some(format!(
            "<{name}> at {position} holds a CDATA section, which Cedar Backup ignores"
        )),
        (None, _) => Some(format!("<{name}> at {position} has no text")),
        _ => None,
    }
}

/// Why a section that seems to be there was not found.
pub(crate) fn astray(document: &Document, section: &str) -> Option<String> {
    let Some(root) = document.root() else {
        let name = document.elements.first()?.name;
        return Some(format!(
            "the root element is <{name}>, and must be <cb_config>"
        ));
    };
    let mut below = document.elements.iter().filter(|e| e.depth > root.depth);
    let stray = below.find(|element| is_alike(section, element.name))?;
    let (name, position) = (stray.name, document.position(stray));
    let what = if name == section {
        "stands too deep"
    } else {
        "is another name"
    };
    Some(format!(
        "<{name}> at {position} {what}: it must be <{section}>, right below <cb_config>"
    ))
}
