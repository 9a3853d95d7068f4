//! The values that a backup is run with, read as Cedar Backup reads them.

use clap::ValueEnum;

use crate::document::{Document, Node};
use crate::fault::Fault;
use crate::reader;

/// How Cedar's extension compresses a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompressMode {
    /// Not at all.
    None,
    /// As `.gz`.
    Gzip,
    /// As `.bz2`.
    Bzip2,
}

impl CompressMode {
    /// The mode as it is written in a configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
        }
    }
}

/// The values of a `<postgresql>` section. Two are equal if they name the same databases in any order.
#[derive(Debug, Clone, Default)]
pub struct PostgresqlConfig {
    /// Whom to connect as.
    pub user: Option<String>,
    /// How to compress.
    pub compress_mode: Option<CompressMode>,
    /// Whether to dump the whole cluster.
    pub all: bool,
    /// Whether to dump roles and tablespaces too: our own `<globals>`, which Cedar Backup ignores.
    pub globals: bool,
    /// Whether each database of the cluster gets a file of its own: our own `<separate>`, which Cedar Backup
    /// ignores.
    pub separate: bool,
    /// The databases to dump; None if none is named.
    pub databases: Option<Vec<String>>,
    /// The databases that are left out on purpose: our own `<exclude>`, which Cedar Backup ignores.
    pub excluded: Vec<String>,
}

impl PartialEq for PostgresqlConfig {
    fn eq(&self, other: &Self) -> bool {
        let values = |config: &Self| {
            let mut of = config.clone();
            of.databases.as_deref_mut().map(<[_]>::sort_unstable);
            of.excluded.sort_unstable();
            let flags = [of.all, of.globals, of.separate];
            (of.user, of.compress_mode, flags, of.databases, of.excluded)
        };
        values(self) == values(other)
    }
}

impl Eq for PostgresqlConfig {}

impl PostgresqlConfig {
    /// The first section of the document.
    pub(crate) fn read(document: &Document) -> Result<Option<Self>, Fault> {
        document.section("postgresql").map(Self::of).transpose()
    }

    fn of(section: Node) -> Result<Self, Fault> {
        let names = |name| section.valued(name).map(|(_, name)| name.to_owned());
        let databases: Vec<_> = names("database").collect();
        Ok(Self {
            user: text(section, "user"),
            compress_mode: compress_mode(section)?,
            all: flag(section, "all")?,
            globals: flag(section, "globals")?,
            separate: flag(section, "separate")?,
            databases: Some(databases).filter(|databases| !databases.is_empty()),
            excluded: names("exclude").collect(),
        })
    }
}

fn text(section: Node, name: &str) -> Option<String> {
    section.value(name).map(|(_, text)| text.to_owned())
}

fn compress_mode(section: Node) -> Result<Option<CompressMode>, Fault> {
    let Some((value, text)) = section.value("compress_mode") else {
        return Ok(None);
    };
    let unusable = |_| unusable(value, "compress_mode must be none, gzip or bzip2");
    CompressMode::from_str(text, false)
        .map(Some)
        .map_err(unusable)
}

fn flag(section: Node, name: &str) -> Result<bool, Fault> {
    match section.value(name) {
        None | Some((_, "N" | "n")) => Ok(false),
        Some((_, "Y" | "y")) => Ok(true),
        Some((value, _)) => Err(unusable(value, format!("{name} must be Y or N"))),
    }
}

/// Everything that a backup needs to know: the section, who owns the files, where they go and which
/// programs to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where the files go: `<collect><collect_dir>`.
    pub collect_dir: Option<String>,
    /// Who owns the files: `<options><backup_user>`.
    pub backup_user: Option<String>,
    /// The group that does: `<options><backup_group>`.
    pub backup_group: Option<String>,
    /// The program that dumps a database: `pg_dump`, or what `<options><override>` names in its place,
    /// which may be nothing.
    pub pg_dump: Option<String>,
    /// The program that dumps a cluster, likewise.
    pub pg_dumpall: Option<String>,
    /// The first `<postgresql>` section of `<cb_config>`, if there is one.
    pub postgresql: Option<PostgresqlConfig>,
}

impl Settings {
    /// Reads a whole configuration as Cedar Backup reads it, without asking whether it is valid.
    ///
    /// # Errors
    ///
    /// As [`crate::LocalConfig::parse`]; and a path that is not absolute.
    pub fn parse(document: &[u8]) -> Result<Self, Fault> {
        Self::read(&reader::read(document)?, false)
    }

    pub(crate) fn read(document: &Document, section_only: bool) -> Result<Self, Fault> {
        let mut settings = Self::of(PostgresqlConfig::read(document)?);
        if section_only {
            return Ok(settings);
        }
        if let Some(collect) = document.section("collect") {
            settings.collect_dir = absolute(collect, "collect_dir")?;
        }
        let Some(options) = document.section("options") else {
            return Ok(settings);
        };
        settings.backup_user = text(options, "backup_user");
        settings.backup_group = text(options, "backup_group");
        // The last override of a command counts.
        for entry in options.named("override") {
            let path = absolute(entry, "abs_path")?;
            match entry.value("command") {
                Some((_, "pg_dump")) => settings.pg_dump = path,
                Some((_, "pg_dumpall")) => settings.pg_dumpall = path,
                _ => {}
            }
        }
        Ok(settings)
    }

    /// Nothing but a section and the usual programs.
    pub(crate) fn of(postgresql: Option<PostgresqlConfig>) -> Self {
        Self {
            pg_dump: Some("pg_dump".to_owned()),
            pg_dumpall: Some("pg_dumpall".to_owned()),
            postgresql,
            ..Self::default()
        }
    }
}

/// The value called `name`, which must be an absolute path.
pub(crate) fn absolute(section: Node, name: &str) -> Result<Option<String>, Fault> {
    match section.value(name) {
        Some((value, path)) if !path.starts_with('/') => {
            Err(unusable(value, format!("{name} must be an absolute path")))
        }
        found => Ok(found.map(|(_, path)| path.to_owned())),
    }
}

fn unusable(value: Node, rule: impl std::fmt::Display) -> Fault {
    let text = value.text().unwrap_or_default();
    let hint = "Cedar Backup does not trim values: remove the blanks around it";
    let fault = value.fault(format!("{rule}, not {text:?}"));
    fault.hint_if((text.trim() != text).then_some(hint))
}
