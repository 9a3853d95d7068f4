//! What Cedar Backup accepts, but perhaps reads otherwise than it was meant.

use std::collections::HashSet;

use crate::document::{Document, Element, Ignored};
use crate::fault::{Fault, Position};
use crate::hints::is_alike;

/// The values that are read in each section, and in an `<override>` of `<options>`.
const VALUES: [(&str, &[&str]); 4] = [
    (
        "postgresql",
        &["user", "compress_mode", "all", "globals", "database"],
    ),
    ("options", &["backup_user", "backup_group"]),
    ("override", &["command", "abs_path"]),
    ("collect", &["collect_dir"]),
];

/// Everything of that kind in the document, or only in its `<postgresql>` section, in order.
pub(crate) fn of<'d>(
    document: &'d Document<'d>,
    section_only: bool,
) -> impl Iterator<Item = Fault> + use<'d> {
    let mut warnings = Warnings {
        document,
        found: Vec::new(),
    };
    warnings.of_section("postgresql");
    if let Some(section) = document.section("postgresql") {
        warnings.of_names(section);
        warnings.of_globals(section);
    }
    if !section_only {
        warnings.of_section("collect");
        warnings.of_section("options");
        let options = document.section("options").into_iter();
        for entry in options.flat_map(|options| document.children(options)) {
            if entry.name == "override" {
                warnings.of_values(entry);
            }
        }
    }
    warnings.in_order()
}

struct Warnings<'d> {
    document: &'d Document<'d>,
    found: Vec<(&'d Element<'d>, String, Option<String>)>,
}

impl<'d> Warnings<'d> {
    fn add(&mut self, at: &'d Element<'d>, cause: String, hint: Option<String>) {
        self.found.push((at, cause, hint));
    }

    fn of_section(&mut self, name: &str) {
        let mut sections = self.document.sections(name);
        if let Some(section) = sections.next() {
            self.of_values(section);
        }
        for section in sections {
            self.add(
                section,
                format!("another <{name}> section is ignored"),
                None,
            );
        }
    }

    fn of_values(&mut self, parent: &'d Element<'d>) {
        let values = VALUES.iter().find(|(name, _)| *name == parent.name);
        for child in self.document.children(parent) {
            if values.is_some_and(|(_, names)| names.contains(&child.name)) {
                self.of_value(child);
            }
        }
    }

    fn of_value(&mut self, value: &'d Element<'d>) {
        let name = value.name;
        match value.ignored {
            Some(Ignored::Cdata) => {
                let hint = "write the value as plain text, with &lt; and &amp; where needed";
                self.add(
                    value,
                    format!("the CDATA section in <{name}> is ignored"),
                    Some(hint.into()),
                );
            }
            Some(Ignored::LaterText) => {
                self.add(
                    value,
                    format!("only the first stretch of text in <{name}> is read"),
                    None,
                );
            }
            None if name == "database" && value.text.is_none() => {
                self.add(value, "a <database> without a name is ignored".into(), None);
            }
            None => {}
        }
        if value
            .text
            .as_deref()
            .is_some_and(|text| text.trim() != text)
        {
            self.add(
                value,
                format!("the blanks around the value of <{name}> are part of it"),
                None,
            );
        }
    }

    fn of_names(&mut self, section: &'d Element<'d>) {
        let known = VALUES[0].1;
        let (mut single, mut databases) = (HashSet::new(), HashSet::new());
        for child in self.document.children(section) {
            let name = child.name;
            if !known.contains(&name) {
                let meant = known.iter().find(|known| is_alike(known, name));
                let hint = meant.map(|meant| format!("write <{meant}>"));
                self.add(child, format!("unknown element <{name}> is ignored"), hint);
                continue;
            }
            let Some(text) = &child.text else { continue };
            if name == "database" {
                if !databases.insert(text) {
                    self.add(child, format!("database {text:?} is named twice"), None);
                }
            } else if !single.insert(name) {
                self.add(child, format!("another <{name}> is ignored"), None);
            }
        }
    }

    fn of_globals(&mut self, section: &'d Element<'d>) {
        let set = |name| {
            self.document
                .value(section, name)
                .filter(|(_, text)| matches!(*text, "Y" | "y"))
        };
        if let (Some(_), Some((globals, _))) = (set("all"), set("globals")) {
            let cause =
                "globals adds nothing to all, whose dump holds roles and tablespaces already";
            self.add(globals, cause.into(), None);
        }
    }

    /// Their positions are found in one pass: there may be a hundred thousand of them.
    fn in_order(mut self) -> impl Iterator<Item = Fault> + use<'d> {
        self.found.sort_by_key(|(element, ..)| element.span.start);
        let (mut at, mut position) = (0, Position::START);
        self.found.into_iter().map(move |(element, cause, hint)| {
            position = position.after(&self.document.text[at..element.span.start]);
            at = element.span.start;
            Fault::new(position, cause).hint_if(hint)
        })
    }
}
