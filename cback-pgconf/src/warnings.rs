//! What Cedar Backup accepts, but perhaps reads otherwise than it was meant.

use std::collections::HashSet;

use crate::document::{Document, Element, Ignored};
use crate::fault::Fault;
use crate::hints::alike;

/// The elements whose text is a value, in any section.
const VALUES: [&str; 10] = [
    "user",
    "compress_mode",
    "all",
    "globals",
    "database",
    "backup_user",
    "backup_group",
    "collect_dir",
    "command",
    "abs_path",
];

/// Everything of that kind in the document, or only in its `<postgresql>` section, in order.
pub(crate) fn of(document: &Document, section_only: bool) -> Vec<Fault> {
    let mut warnings = Vec::new();
    let mut seen = HashSet::new();
    for section in &document.sections {
        let is_ours = section.name == "postgresql";
        if section_only && !is_ours {
            continue;
        }
        if !seen.insert(&section.name) {
            let cause = format!("another <{}> section is ignored", section.name);
            warnings.push(Fault::new(section.position, cause));
            continue;
        }
        section
            .children
            .iter()
            .for_each(|child| warn_of_value(child, &mut warnings));
        if is_ours {
            warn_of_names(section, &mut warnings);
            warn_of_globals(section, &mut warnings);
        }
    }
    warnings.sort_by_key(|warning| warning.position);
    warnings
}

fn warn_of_value(element: &Element, warnings: &mut Vec<Fault>) {
    let name = element.name.as_str();
    element
        .children
        .iter()
        .for_each(|child| warn_of_value(child, warnings));
    if !VALUES.contains(&name) {
        return;
    }
    let mut warn =
        |cause: String, hint| warnings.push(Fault::new(element.position, cause).hint_if(hint));
    match element.ignored {
        Some(Ignored::Cdata) => warn(
            format!("the CDATA section in <{name}> is ignored"),
            Some("write the value as plain text, with &lt; and &amp; where needed"),
        ),
        Some(Ignored::LaterText) => {
            warn(
                format!("only the first stretch of text in <{name}> is read"),
                None,
            );
        }
        None => {}
    }
    if element
        .text
        .as_deref()
        .is_some_and(|text| text.trim() != text)
    {
        warn(
            format!("the blanks around the value of <{name}> are part of it"),
            None,
        );
    }
}

fn warn_of_globals(section: &Element, warnings: &mut Vec<Fault>) {
    let is_set = |name| {
        section
            .value(name)
            .filter(|(_, text)| matches!(*text, "Y" | "y"))
    };
    if let (Some(_), Some((globals, _))) = (is_set("all"), is_set("globals")) {
        let cause = "globals adds nothing to all, whose dump holds roles and tablespaces already";
        warnings.push(Fault::new(globals.position, cause));
    }
}

fn warn_of_names(section: &Element, warnings: &mut Vec<Fault>) {
    let mut single = HashSet::new();
    let mut databases = HashSet::new();
    for child in &section.children {
        let name = child.name.as_str();
        let mut warn =
            |cause: String, hint| warnings.push(Fault::new(child.position, cause).hint_if(hint));
        match (name, child.text.as_deref()) {
            ("database", Some(database)) if !databases.insert(database) => {
                warn(format!("database {database:?} is named twice"), None);
            }
            ("user" | "compress_mode" | "all" | "globals", Some(_)) if !single.insert(name) => {
                warn(format!("another <{name}> is ignored"), None);
            }
            ("user" | "compress_mode" | "all" | "globals" | "database", _) => {}
            _ => {
                let known = ["user", "compress_mode", "all", "globals", "database"];
                let meant = known.into_iter().find(|known| alike(known, name));
                let hint = meant.map(|meant| format!("write <{meant}>"));
                warn(
                    format!("unknown element <{name}> is ignored"),
                    hint.as_deref(),
                );
            }
        }
    }
}
