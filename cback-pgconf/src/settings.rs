//! Everything that a backup needs to know: the section, who owns the files, where they go and which
//! programs to run.

use std::io::BufRead;

use crate::Error;
use crate::config::{Invalid, LocalConfig};
use crate::document::{Document, Element};
use crate::fault::Fault;
use crate::hints;

/// The values that a backup is run with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where the files go: `<collect><collect_dir>`.
    pub collect_dir: Option<String>,
    /// Who owns the files: `<options><backup_user>`.
    pub backup_user: Option<String>,
    /// Which group does: `<options><backup_group>`.
    pub backup_group: Option<String>,
    /// The program that dumps a database: `pg_dump`, or what `<options><override>` names in its place,
    /// which may be nothing.
    pub pg_dump: Option<String>,
    /// The program that dumps a cluster, likewise.
    pub pg_dumpall: Option<String>,
    /// The `<postgresql>` section.
    pub local: LocalConfig,
    pub(crate) has_options: bool,
    pub(crate) has_collect: bool,
}

impl Settings {
    /// Reads a whole configuration as Cedar Backup reads it, without asking whether it is valid.
    ///
    /// # Errors
    ///
    /// As [`LocalConfig::parse`]; and a path that is not absolute.
    pub fn parse(document: impl BufRead) -> Result<Self, Error> {
        Ok(Self::read(&Document::read(document)?)?)
    }

    pub(crate) fn read(document: &Document) -> Result<Self, Fault> {
        let options = document.section("options");
        let collect = document.section("collect");
        let option = |name| Some(options?.value(name)?.1.to_owned());
        let overrides = options.map_or(Ok(Vec::new()), overrides)?;
        let program = |name: &str| {
            let last = overrides.iter().rev().find(|(command, _)| *command == name);
            last.map_or(Some(name), |(_, path)| *path)
                .map(str::to_owned)
        };
        Ok(Self {
            collect_dir: collect
                .map_or(Ok(None), |s| absolute(s, "collect_dir"))?
                .map(str::to_owned),
            backup_user: option("backup_user"),
            backup_group: option("backup_group"),
            pg_dump: program("pg_dump"),
            pg_dumpall: program("pg_dumpall"),
            local: LocalConfig::read(document)?,
            has_options: options.is_some(),
            has_collect: collect.is_some(),
        })
    }

    /// Holds the configuration against the rules, the section's first.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.local.validate()?;
        let rules = [
            (self.has_options, Invalid::NoOptions),
            (self.backup_user.is_some(), Invalid::NoBackupUser),
            (self.backup_group.is_some(), Invalid::NoBackupGroup),
            (self.has_collect, Invalid::NoCollect),
            (self.collect_dir.is_some(), Invalid::NoCollectDir),
            (self.pg_dump.is_some(), Invalid::NoPgDump),
            (self.pg_dumpall.is_some(), Invalid::NoPgDumpall),
        ];
        rules
            .into_iter()
            .find(|(is_kept, _)| !is_kept)
            .map_or(Ok(()), |(_, broken)| Err(broken))
    }
}

/// Commands and the paths to run in their place; of several for one command the last counts.
fn overrides(options: &Element) -> Result<Vec<(&str, Option<&str>)>, Fault> {
    let mut found = Vec::new();
    for entry in options
        .children
        .iter()
        .filter(|child| child.name == "override")
    {
        let path = absolute(entry, "abs_path")?;
        if let Some((_, command)) = entry.value("command") {
            found.push((command, path));
        }
    }
    Ok(found)
}

/// The value called `name`, which must be an absolute path.
fn absolute<'a>(section: &'a Element, name: &'a str) -> Result<Option<&'a str>, Fault> {
    match section.value(name) {
        Some((element, path)) if !path.starts_with('/') => {
            let cause = format!("{name} must be an absolute path, not {path:?}");
            Err(Fault::new(element.position, cause).hint_if(hints::for_path(path)))
        }
        found => Ok(found.map(|(_, path)| path)),
    }
}
