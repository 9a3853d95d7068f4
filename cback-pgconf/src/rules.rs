//! What a configuration must hold: Cedar Backup's rules, and our own on names.

use crate::config::{LocalConfig, PostgresqlConfig, Settings};
use crate::document::{Document, Node};
use crate::fault::{Fault, Position};
use crate::{files, hints};

/// One of Cedar Backup's rules.
#[derive(Debug)]
struct Rule {
    is_kept: fn(&Settings) -> bool,
    /// What is said of a configuration that breaks it.
    cause: &'static str,
    /// The section that it is about, and values in it: the first that is there shows the place.
    section: &'static str,
    values: &'static [&'static str],
    hint: Option<&'static str>,
}

/// In the order in which they are looked at.
#[rustfmt::skip]
static RULES: [Rule; 9] = [
    Rule { is_kept: |all| section(all, |_| true), cause: "there is no <postgresql> section in <cb_config>",
        section: "postgresql", values: &[], hint: None },
    Rule { is_kept: |all| section(all, |s| s.compress_mode.is_some()), cause: "compress_mode is missing in <postgresql>",
        section: "postgresql", values: &["compress_mode"],
        hint: Some("write <compress_mode>gzip</compress_mode>, or bzip2, or none") },
    Rule { is_kept: |all| section(all, |s| !s.all || names(s) == 0), cause: "a database is named although all is Y",
        section: "postgresql", values: &["database"], hint: None },
    Rule { is_kept: |all| section(all, |s| s.all || names(s) > 0), cause: "no database is named and all is not Y",
        section: "postgresql", values: &["database", "all"], hint: None },
    Rule { is_kept: |all| all.backup_user.is_some(), cause: "backup_user is missing in <options>",
        section: "options", values: &["backup_user"], hint: None },
    Rule { is_kept: |all| all.backup_group.is_some(), cause: "backup_group is missing in <options>",
        section: "options", values: &["backup_group"], hint: None },
    Rule { is_kept: |all| all.collect_dir.is_some(), cause: "collect_dir is missing in <collect>",
        section: "collect", values: &["collect_dir"], hint: None },
    Rule { is_kept: |all| all.pg_dump.is_some(), cause: "abs_path is missing in the <override> of pg_dump",
        section: "options", values: &[], hint: None },
    Rule { is_kept: |all| all.pg_dumpall.is_some(), cause: "abs_path is missing in the <override> of pg_dumpall",
        section: "options", values: &[], hint: None },
];

fn section(settings: &Settings, is_kept: fn(&PostgresqlConfig) -> bool) -> bool {
    settings.local.postgresql.as_ref().is_some_and(is_kept)
}

fn names(section: &PostgresqlConfig) -> usize {
    section.databases.as_ref().map_or(0, Vec::len)
}

/// A rule that a configuration breaks.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{}", .0.cause)]
pub struct Invalid(&'static Rule);

impl LocalConfig {
    /// Holds the section against Cedar Backup's rules.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), Invalid> {
        let local = self.clone();
        let settings = Settings {
            local,
            ..Settings::default()
        };
        broken(true, &settings).map_or(Ok(()), |rule| Err(Invalid(rule)))
    }
}

/// The first of these rules that is broken.
fn broken(section_only: bool, settings: &Settings) -> Option<&'static Rule> {
    let mut rules = RULES
        .iter()
        .filter(|rule| !section_only || rule.section == "postgresql");
    rules.find(|rule| !(rule.is_kept)(settings))
}

/// Holds what was read of a document against all rules, or only those of its `<postgresql>` section.
///
/// # Errors
///
/// The first rule that is broken, at the place where it should be mended.
pub(crate) fn check(document: &Document, all: &Settings, section_only: bool) -> Result<(), Fault> {
    if let Some(rule) = broken(section_only, all) {
        return Err(explain(rule, document));
    }
    match (document.section("postgresql"), &all.local.postgresql) {
        (Some(node), Some(section)) => files::check(section).map_err(|bad| {
            let value = node.valued(bad.element).nth(bad.index);
            value.map_or(node, |(value, _)| value).fault(bad.cause)
        }),
        _ => Ok(()),
    }
}

fn explain(rule: &Rule, document: &Document) -> Fault {
    let Some(section) = document.section(rule.section) else {
        let root = document.root().map_or(Position::START, Node::position);
        let cause = format!("there is no <{}> section in <cb_config>", rule.section);
        return Fault::new(cause)
            .at(root)
            .hint_if(hints::misplaced(document, rule.section));
    };
    let mut values = rule.values.iter();
    let found = values.find_map(|value| section.value(value));
    let mut values = rule.values.iter();
    let overlooked = values.find_map(|value| hints::overlooked(section, value));
    let fault = found.map_or(section, |(value, _)| value).fault(rule.cause);
    fault.hint_if(overlooked.as_deref().or(rule.hint))
}
