//! Rules, Cedar Backup's and our own; and what Cedar Backup accepts, but perhaps reads otherwise than it
//! was meant.

use std::collections::HashSet;

use crate::config::Settings;
use crate::document::{Document, Ignored, Node};
use crate::fault::{Fault, Position};
use crate::files;

/// The sections that are read, and the values in them.
#[rustfmt::skip]
const SECTIONS: [(&str, &[&str]); 3] = [
    ("postgresql", &["user", "compress_mode", "all", "separate", "globals", "database", "exclude"]),
    ("collect", &["collect_dir"]),
    ("options", &["backup_user", "backup_group"]),
];

/// A rule that is broken: its section, the values in that of which the first that is there shows the
/// place, and the cause.
type Broken = (&'static str, &'static [&'static str], &'static str);

#[rustfmt::skip]
fn broken(settings: &Settings, section_only: bool) -> Option<Broken> {
    let Some(section) = &settings.postgresql else {
        return Some(("postgresql", &[], "there is no <postgresql> section in <cb_config>"));
    };
    let is_named = section.databases.as_ref().is_some_and(|names| !names.is_empty());
    let rules: [(bool, Broken); 8] = [
        (section.compress_mode.is_some(),
         ("postgresql", &["compress_mode"], "compress_mode is missing in <postgresql>: none, gzip or bzip2")),
        (!section.all || !is_named, ("postgresql", &["database"], "a database is named although all is Y")),
        (section.all || is_named, ("postgresql", &["database", "all"], "no database is named and all is not Y")),
        (settings.backup_user.is_some(), ("options", &["backup_user"], "backup_user is missing in <options>")),
        (settings.backup_group.is_some(), ("options", &["backup_group"], "backup_group is missing in <options>")),
        (settings.collect_dir.is_some(), ("collect", &["collect_dir"], "collect_dir is missing in <collect>")),
        (settings.pg_dump.is_some(), ("options", &[], "abs_path is missing in the <override> of pg_dump")),
        (settings.pg_dumpall.is_some(), ("options", &[], "abs_path is missing in the <override> of pg_dumpall")),
    ];
    let mut broken = rules.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| rule);
    broken.find(|(section, ..)| !section_only || *section == "postgresql")
}

/// Holds a section against Cedar Backup's rules on it alone.
pub(crate) fn validate(settings: &Settings) -> Result<(), Fault> {
    broken(settings, true).map_or(Ok(()), |(.., cause)| Err(Fault::new(cause)))
}

/// Reads a document and holds it against all rules, or its `<postgresql>` section against its own.
///
/// # Errors
///
/// A value that is none, or the first rule that is broken, at the place where it should be mended.
pub(crate) fn read(document: &Document, section_only: bool) -> Result<Settings, Fault> {
    let settings = Settings::read(document, section_only)?;
    if let Some((name, values, cause)) = broken(&settings, section_only) {
        return Err(match document.section(name) {
            Some(section) => missing_value(section, values, cause),
            None => missing_section(document, name),
        });
    }
    if let (Some(section), Some(values)) = (document.section("postgresql"), &settings.postgresql) {
        files::check(section, values)?;
    }
    Ok(settings)
}

/// The fault in a section none of whose values is as it must be. One that was overlooked is shown.
fn missing_value(section: Node, values: &[&str], cause: &str) -> Fault {
    if let Some((value, _)) = values.iter().find_map(|value| section.value(value)) {
        return value.fault(cause);
    }
    let alike = |value: &&str| section.children().find(|child| is_alike(value, child.name));
    let overlooked = values.iter().find_map(|value| Some((value, alike(value)?)));
    let hint = overlooked.map(|(value, child)| {
        let place = format!("<{}> at {}", child.name, child.position());
        if child.name == *value {
            return format!("{place} has no text that Cedar Backup reads");
        }
        format!("{place} is not read: write <{value}>")
    });
    section.fault(cause).hint_if(hint)
}

fn missing_section(document: &Document, name: &str) -> Fault {
    let fault = Fault::new(format!("there is no <{name}> section in <cb_config>"));
    let Some(root) = document.root() else {
        let root = document.elements.first().map_or("", |root| root.name);
        let hint = format!("the root element is <{root}>, and must be <cb_config>");
        return fault.at(Position::of(0, "")).hint(hint);
    };
    let mut below = document.nodes().skip(1);
    let hint = below.find(|node| is_alike(name, node.name)).map(|alike| {
        let place = format!("<{}> at {}", alike.name, alike.position());
        format!("{place} is not read: it must be <{name}>, right below <cb_config>")
    });
    fault.at(root.position()).hint_if(hint)
}

/// Whether `name` was probably meant to be `known`: `databases`, `databse`, `compressMode`, `p:all`.
fn is_alike(known: &str, name: &str) -> bool {
    let plain = |name: &str| {
        let local = name.rsplit(':').next().unwrap_or(name);
        local.replace(['_', '-'], "").to_ascii_lowercase()
    };
    // Names of very different lengths are not compared letter by letter: one may have a million.
    name.len() <= 2 * known.len() + 16
        && strsim::normalized_levenshtein(&plain(known), &plain(name)) >= 0.75
}

/// The warnings on the document, or on its `<postgresql>` section alone, in the document's order: each
/// with the byte that it is about, since finding the places of a hundred thousand would take long.
pub(crate) fn warnings(document: &Document, section_only: bool) -> Vec<(usize, Fault)> {
    let mut found = Vec::new();
    let root = document.root();
    for (name, values) in &SECTIONS[..if section_only { 1 } else { SECTIONS.len() }] {
        let mut named = root.into_iter().flat_map(|root| root.named(name));
        if let Some(first) = named.next() {
            of_values(first, values, &mut found);
            for entry in first.named("override").filter(|_| *name == "options") {
                of_values(entry, &["command", "abs_path"], &mut found);
            }
        }
        let ignored = Fault::new(format!("another <{name}> section is ignored"));
        found.extend(named.map(|other| (other.span.start, ignored.clone())));
    }
    found.sort_by_key(|(at, _)| *at);
    found
}

/// The warning on a value that does not go with others of its section.
fn at_odds(section: Node) -> impl Fn(&str, &str) -> Option<String> {
    let is_set = |flag| matches!(section.value(flag), Some((_, "Y" | "y")));
    let (all, separate) = (is_set("all"), is_set("separate"));
    let databases = section.valued("database").map(|(_, name)| name);
    let databases: HashSet<_> = databases.collect();
    move |name, text| {
        let cause = match name {
            "globals" if all && matches!(text, "Y" | "y") => {
                "globals adds nothing to all, with which roles and tablespaces are backed up already"
            }
            "separate" if separate && !all => "separate adds nothing without all",
            "exclude" if all && !separate => "exclude takes nothing out of all without separate",
            "exclude" if databases.contains(text) => {
                return Some(format!("database {text:?} is named as well as excluded"));
            }
            _ => return None,
        };
        Some(cause.to_owned())
    }
}

fn of_values(parent: Node, known: &[&str], found: &mut Vec<(usize, Fault)>) {
    let at_odds = at_odds(parent);
    let mut seen = HashSet::new();
    for child in parent.children() {
        let (name, text) = (child.name, child.text());
        let is_known = known.contains(&name);
        let is_database = ["database", "exclude"].contains(&name);
        let meant = known
            .iter()
            .find(|known| !is_known && is_alike(known, name));
        let is_first = text.is_none() || seen.insert((name, text.filter(|_| is_database)));
        let cause = match (text, child.ignored) {
            _ if !is_known && parent.name != "postgresql" => continue,
            _ if !is_known => format!("unknown element <{name}> is ignored"),
            (Some(text), _) if !is_first && is_database => {
                format!("{name} {text:?} is named twice")
            }
            _ if !is_first => format!("another <{name}> is ignored"),
            (_, Some(Ignored::Cdata)) => {
                format!("the CDATA section in <{name}> is ignored: write plain text")
            }
            (_, Some(Ignored::LaterText)) => {
                format!("only the first stretch of text in <{name}> is read")
            }
            (None, _) if is_database => format!("a <{name}> without a name is ignored"),
            (Some(text), _) if text.trim() != text => {
                format!("the blanks around the value of <{name}> are part of it")
            }
            (Some(text), _) => match at_odds(name, text) {
                Some(cause) => cause,
                None => continue,
            },
            _ => continue,
        };
        let hint = meant.map(|meant| format!("write <{meant}>"));
        found.push((child.span.start, Fault::new(cause).hint_if(hint)));
    }
}
