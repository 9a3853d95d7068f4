//! What Cedar Backup accepts, but perhaps reads otherwise than it was meant.

use std::collections::HashSet;

use crate::document::{Document, Ignored, Node};
use crate::fault::{Fault, Position};
use crate::hints::is_alike;

/// The values of a `<postgresql>` section.
const OURS: [&str; 5] = ["user", "compress_mode", "all", "globals", "database"];

/// Everything of that kind in the document, or only in its `<postgresql>` section, in order.
pub(crate) fn of(document: &Document, section_only: bool) -> impl Iterator<Item = Fault> {
    let mut warnings = Warnings::default();
    warnings.of_section(document, "postgresql", &OURS);
    if let Some(section) = document.section("postgresql") {
        warnings.of_names(section);
        warnings.of_globals(section);
    }
    if !section_only {
        warnings.of_section(document, "collect", &["collect_dir"]);
        warnings.of_section(document, "options", &["backup_user", "backup_group"]);
        let options = document.section("options").into_iter();
        for entry in options.flat_map(|options| options.named("override")) {
            warnings.of_values(entry, &["command", "abs_path"]);
        }
    }
    warnings.in_order(document)
}

/// The element, the cause, and what to do about it.
#[derive(Default)]
struct Warnings<'d>(Vec<(Node<'d>, String, Option<String>)>);

impl<'d> Warnings<'d> {
    fn add(&mut self, node: Node<'d>, cause: impl Into<String>) {
        self.0.push((node, cause.into(), None));
    }

    fn of_section(&mut self, document: &'d Document, name: &str, values: &[&str]) {
        let sections = document
            .root()
            .into_iter()
            .flat_map(|root| root.named(name));
        for (index, section) in sections.enumerate() {
            match index {
                0 => self.of_values(section, values),
                _ => self.add(section, format!("another <{name}> section is ignored")),
            }
        }
    }

    fn of_values(&mut self, parent: Node<'d>, values: &[&str]) {
        for value in parent
            .children()
            .filter(|child| values.contains(&child.name))
        {
            let name = value.name;
            match value.ignored {
                Some(Ignored::Cdata) => {
                    let cause = format!("the CDATA section in <{name}> is ignored");
                    let hint = "write the value as plain text, with &lt; and &amp; where needed";
                    self.0.push((value, cause, Some(hint.into())));
                }
                Some(Ignored::LaterText) => {
                    self.add(
                        value,
                        format!("only the first stretch of text in <{name}> is read"),
                    );
                }
                None if name == "database" && value.text.is_none() => {
                    self.add(value, "a <database> without a name is ignored");
                }
                None => {}
            }
            if value.text.as_ref().is_some_and(|text| text.trim() != text) {
                self.add(
                    value,
                    format!("the blanks around the value of <{name}> are part of it"),
                );
            }
        }
    }

    fn of_names(&mut self, section: Node<'d>) {
        let mut seen = HashSet::new();
        for child in section.children() {
            let name = child.name;
            if !OURS.contains(&name) {
                let meant = OURS.iter().find(|known| is_alike(known, name));
                let hint = meant.map(|meant| format!("write <{meant}>"));
                self.0
                    .push((child, format!("unknown element <{name}> is ignored"), hint));
            }
        }
        for (database, text) in section.valued("database") {
            if !seen.insert(text) {
                self.add(database, format!("database {text:?} is named twice"));
            }
        }
        for name in OURS.into_iter().filter(|name| *name != "database") {
            for (other, _) in section.valued(name).skip(1) {
                self.add(other, format!("another <{name}> is ignored"));
            }
        }
    }

    fn of_globals(&mut self, section: Node<'d>) {
        let set = |name| {
            section
                .value(name)
                .filter(|(_, text)| matches!(*text, "Y" | "y"))
        };
        if let (Some(_), Some((globals, _))) = (set("all"), set("globals")) {
            let cause =
                "globals adds nothing to all, whose dump holds roles and tablespaces already";
            self.add(globals, cause);
        }
    }

    /// Their positions are found in one pass: there may be a hundred thousand of them.
    fn in_order(mut self, document: &'d Document) -> impl Iterator<Item = Fault> {
        self.0.sort_by_key(|(node, ..)| node.span.start);
        let mut at = document.root().map_or(0, |root| root.span.start);
        let mut position = Position::of(at, document.text);
        self.0.into_iter().map(move |(node, cause, hint)| {
            position = position.after(&document.text[at..node.span.start]);
            at = node.span.start;
            Fault::new(cause).at(position).hint_if(hint)
        })
    }
}
