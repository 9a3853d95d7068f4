//! The values that a backup is run with, read as Cedar Backup reads them.

use clap::ValueEnum;

use crate::document::{Document, Node};
use crate::fault::Fault;
use crate::hints;

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
    /// Which databases to dump; None if none is named.
    pub databases: Option<Vec<String>>,
}

impl PartialEq for PostgresqlConfig {
    fn eq(&self, other: &Self) -> bool {
        let values = |config: &Self| {
            let mut names = config.databases.clone();
            if let Some(names) = &mut names {
                names.sort_unstable();
            }
            let (user, mode) = (config.user.clone(), config.compress_mode);
            (user, mode, config.all, config.globals, names)
        };
        values(self) == values(other)
    }
}

impl Eq for PostgresqlConfig {}

impl PostgresqlConfig {
    fn read(section: Node) -> Result<Self, Fault> {
        let databases = section.valued("database");
        let databases: Vec<_> = databases.map(|(_, name)| name.to_owned()).collect();
        Ok(Self {
            user: text(section, "user"),
            compress_mode: compress_mode(section)?,
            all: flag(section, "all")?,
            globals: flag(section, "globals")?,
            databases: Some(databases).filter(|databases| !databases.is_empty()),
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
    let mode = CompressMode::from_str(text, false).map_err(|_| {
        let cause = format!("compress_mode must be none, gzip or bzip2, not {text:?}");
        value.fault(cause).hint_if(hints::for_compress_mode(text))
    })?;
    Ok(Some(mode))
}

fn flag(section: Node, name: &str) -> Result<bool, Fault> {
    match section.value(name) {
        None | Some((_, "N" | "n")) => Ok(false),
        Some((_, "Y" | "y")) => Ok(true),
        Some((value, text)) => {
            let cause = format!("{name} must be Y or N, not {text:?}");
            Err(value.fault(cause).hint_if(hints::for_flag(name, text)))
        }
    }
}

/// The part of a document that Cedar's extension reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalConfig {
    /// The first `<postgresql>` section of `<cb_config>`, if there is one.
    pub postgresql: Option<PostgresqlConfig>,
}

impl LocalConfig {
    /// Reads a document as Cedar Backup reads it, without asking whether it is valid.
    ///
    /// # Errors
    ///
    /// It is not well-formed or not UTF-8, has a DOCTYPE or more than 1 MiB; a value cannot be what it
    /// stands for.
    pub fn parse(document: &[u8]) -> Result<Self, Fault> {
        Self::read(&Document::read(document)?)
    }

    pub(crate) fn read(document: &Document) -> Result<Self, Fault> {
        let section = document.section("postgresql");
        let postgresql = section.map(PostgresqlConfig::read).transpose()?;
        Ok(Self { postgresql })
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
    /// Which group does: `<options><backup_group>`.
    pub backup_group: Option<String>,
    /// The program that dumps a database: `pg_dump`, or what `<options><override>` names in its place,
    /// which may be nothing.
    pub pg_dump: Option<String>,
    /// The program that dumps a cluster, likewise.
    pub pg_dumpall: Option<String>,
    /// The `<postgresql>` section.
    pub local: LocalConfig,
}

impl Settings {
    /// Reads a whole configuration as Cedar Backup reads it, without asking whether it is valid.
    ///
    /// # Errors
    ///
    /// As [`LocalConfig::parse`]; and a path that is not absolute.
    pub fn parse(document: &[u8]) -> Result<Self, Fault> {
        Self::read(&Document::read(document)?)
    }

    pub(crate) fn read(document: &Document) -> Result<Self, Fault> {
        let options = document.section("options");
        let option = |name| text(options?, name);
        let collect = document.section("collect");
        let collect_dir = collect.map_or(Ok(None), |collect| absolute(collect, "collect_dir"))?;
        let overrides = options.map_or(Ok(Vec::new()), overrides)?;
        let program = |name: &str| match overrides.iter().rfind(|(command, _)| command == name) {
            Some((_, path)) => path.clone(),
            None => Some(name.to_owned()),
        };
        Ok(Self {
            collect_dir,
            backup_user: option("backup_user"),
            backup_group: option("backup_group"),
            pg_dump: program("pg_dump"),
            pg_dumpall: program("pg_dumpall"),
            local: LocalConfig::read(document)?,
        })
    }
}

/// Commands and the paths to run in their place; of several for one command the last counts.
fn overrides(options: Node) -> Result<Vec<(String, Option<String>)>, Fault> {
    let mut found = Vec::new();
    for entry in options.named("override") {
        let path = absolute(entry, "abs_path")?;
        if let Some(command) = text(entry, "command") {
            found.push((command, path));
        }
    }
    Ok(found)
}

/// The value called `name`, which must be an absolute path.
fn absolute(section: Node, name: &str) -> Result<Option<String>, Fault> {
    match section.value(name) {
        Some((value, path)) if !path.starts_with('/') => {
            let cause = format!("{name} must be an absolute path, not {path:?}");
            Err(value.fault(cause).hint_if(hints::for_path(path)))
        }
        found => Ok(found.map(|(_, path)| path.to_owned())),
    }
}
