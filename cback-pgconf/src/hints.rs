//! Advice where a wrong reading is likely.

use crate::config::Invalid;
use crate::document::{Document, Element, Ignored};
use crate::fault::{Fault, Position};

const BLANKS: &str = "Cedar Backup does not trim values: remove the blanks around it";

pub(crate) fn for_flag(name: &str, text: &str) -> Option<String> {
    let is = |words: &[&str]| {
        words
            .iter()
            .any(|word| text.trim().eq_ignore_ascii_case(word))
    };
    if is(&["", "y", "n"]) {
        Some(BLANKS.to_owned())
    } else if is(&["yes", "true", "1", "on"]) {
        Some(format!("write <{name}>Y</{name}>"))
    } else if is(&["no", "false", "0", "off"]) {
        Some(format!("write <{name}>N</{name}>"))
    } else {
        None
    }
}

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

pub(crate) fn for_path(path: &str) -> Option<&'static str> {
    path.trim_start().starts_with('/').then_some(BLANKS)
}

/// Whether `name` was probably meant to be `known`: `databases`, `compressMode`, `Backup-User`.
pub(crate) fn alike(known: &str, name: &str) -> bool {
    let plural = plain(known).chain(['s']);
    plain(name).eq(plain(known))
        || plain(name).eq(plural)
        || (known == "postgresql" && plain(name).eq("postgres".chars()))
}

/// Without a prefix, in lower case, its words run together.
fn plain(name: &str) -> impl Iterator<Item = char> {
    let local = name.rsplit(':').next().unwrap_or(name);
    let letters = local.chars().filter(|c| !matches!(c, '_' | '-'));
    letters.map(|c| c.to_ascii_lowercase())
}

impl Document {
    /// The broken rule at the place where it should be mended.
    pub(crate) fn explain(&self, broken: Invalid) -> Fault {
        let (section, values): (_, &[&str]) = match broken {
            Invalid::NoPostgresql => ("postgresql", &[]),
            Invalid::NoCompressMode => ("postgresql", &["compress_mode"]),
            Invalid::AllAndDatabases => ("postgresql", &["database"]),
            Invalid::NoDatabases => ("postgresql", &["database", "all"]),
            Invalid::NoOptions | Invalid::NoPgDump | Invalid::NoPgDumpall => ("options", &[]),
            Invalid::NoBackupUser => ("options", &["backup_user"]),
            Invalid::NoBackupGroup => ("options", &["backup_group"]),
            Invalid::NoCollect => ("collect", &[]),
            Invalid::NoCollectDir => ("collect", &["collect_dir"]),
        };
        let Some(section) = self.section(section) else {
            return self.without_section(section, broken);
        };
        let found = values.iter().find_map(|value| section.value(value));
        let position = found.map_or(section.position, |(element, _)| element.position);
        let hint = values.iter().find_map(|value| overlooked(section, value));
        Fault::new(position, broken.to_string()).hint_if(hint.as_deref())
    }

    fn without_section(&self, section: &str, broken: Invalid) -> Fault {
        let Some(root) = &self.root else {
            let name = self.other_root.as_deref().unwrap_or_default();
            return Fault::new(Position::START, broken.to_string()).hint(format!(
                "the root element is <{name}>, and must be <cb_config>"
            ));
        };
        let stray = self.strays.iter().find(|stray| alike(section, &stray.name));
        let hint = stray.map(|stray| {
            let what = if stray.name == section {
                "stands too deep"
            } else {
                "is another name"
            };
            format!(
                "<{}> at {} {what}: it must be <{section}>, right below <cb_config>",
                stray.name, stray.position
            )
        });
        Fault::new(root.position, broken.to_string()).hint_if(hint.as_deref())
    }
}

/// Why a value that seems to be there was not read.
fn overlooked(section: &Element, value: &str) -> Option<String> {
    let similar = |child: &&Element| alike(value, &child.name);
    let child = section.children.iter().find(similar)?;
    let (name, position) = (&child.name, child.position);
    if child.name != value {
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
