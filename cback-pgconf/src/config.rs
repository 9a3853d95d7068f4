//! The `<postgresql>` section: its values and its rules.

use std::io::BufRead;

use crate::Error;
use crate::document::{Document, Element};
use crate::fault::Fault;
use crate::hints;

/// How Cedar's extension compresses a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
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

    /// What the names of compressed files end with.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Bzip2 => ".bz2",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Gzip, Self::Bzip2]
            .into_iter()
            .find(|mode| mode.as_str() == text)
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
        let sorted = |databases: &Option<Vec<String>>| {
            databases.clone().map(|mut databases| {
                databases.sort_unstable();
                databases
            })
        };
        self.user == other.user
            && self.compress_mode == other.compress_mode
            && self.all == other.all
            && self.globals == other.globals
            && sorted(&self.databases) == sorted(&other.databases)
    }
}

impl Eq for PostgresqlConfig {}

impl PostgresqlConfig {
    pub(crate) fn read(section: &Element) -> Result<Self, Fault> {
        let databases: Vec<_> = section
            .valued("database")
            .map(|(_, name)| name.to_owned())
            .collect();
        Ok(Self {
            user: section.value("user").map(|(_, user)| user.to_owned()),
            compress_mode: compress_mode(section)?,
            all: flag(section, "all")?,
            globals: flag(section, "globals")?,
            databases: Some(databases).filter(|databases| !databases.is_empty()),
        })
    }
}

fn compress_mode(section: &Element) -> Result<Option<CompressMode>, Fault> {
    let Some((element, text)) = section.value("compress_mode") else {
        return Ok(None);
    };
    let mode = CompressMode::parse(text).ok_or_else(|| {
        let cause = format!("compress_mode must be none, gzip or bzip2, not {text:?}");
        Fault::new(element.position, cause).hint_if(hints::for_compress_mode(text))
    })?;
    Ok(Some(mode))
}

fn flag(section: &Element, name: &str) -> Result<bool, Fault> {
    match section.value(name) {
        None | Some((_, "N" | "n")) => Ok(false),
        Some((_, "Y" | "y")) => Ok(true),
        Some((element, text)) => {
            let cause = format!("{name} must be Y or N, not {text:?}");
            let hint = hints::for_flag(name, text);
            Err(Fault::new(element.position, cause).hint_if(hint.as_deref()))
        }
    }
}

/// A rule that a configuration breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// There is no `<postgresql>` section.
    #[error("there is no <postgresql> section in <cb_config>")]
    NoPostgresql,
    /// It does not say how to compress.
    #[error("compress_mode is missing in <postgresql>")]
    NoCompressMode,
    /// It names databases and wants all of them.
    #[error("a database is named although all is Y")]
    AllAndDatabases,
    /// It wants neither.
    #[error("no database is named and all is not Y")]
    NoDatabases,
    /// There is no `<options>` section.
    #[error("there is no <options> section in <cb_config>")]
    NoOptions,
    /// Nobody is to own the files.
    #[error("backup_user is missing in <options>")]
    NoBackupUser,
    /// No group is to own the files.
    #[error("backup_group is missing in <options>")]
    NoBackupGroup,
    /// There is no `<collect>` section.
    #[error("there is no <collect> section in <cb_config>")]
    NoCollect,
    /// There is no place for the files.
    #[error("collect_dir is missing in <collect>")]
    NoCollectDir,
    /// `pg_dump` is to be replaced, but not said by what.
    #[error("abs_path is missing in the <override> of pg_dump")]
    NoPgDump,
    /// So is `pg_dumpall`.
    #[error("abs_path is missing in the <override> of pg_dumpall")]
    NoPgDumpall,
}

/// The part of a document that the extension reads.
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
    /// The input cannot be read; it is not well-formed; a value cannot be what it stands for.
    pub fn parse(document: impl BufRead) -> Result<Self, Error> {
        Ok(Self::read(&Document::read(document)?)?)
    }

    pub(crate) fn read(document: &Document) -> Result<Self, Fault> {
        let postgresql = document.section("postgresql").map(PostgresqlConfig::read);
        Ok(Self {
            postgresql: postgresql.transpose()?,
        })
    }

    /// Holds the section against Cedar Backup's rules.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), Invalid> {
        let section = self.postgresql.as_ref().ok_or(Invalid::NoPostgresql)?;
        let names_some = section
            .databases
            .as_ref()
            .is_some_and(|names| !names.is_empty());
        if section.compress_mode.is_none() {
            return Err(Invalid::NoCompressMode);
        }
        match (section.all, names_some) {
            (true, true) => Err(Invalid::AllAndDatabases),
            (false, false) => Err(Invalid::NoDatabases),
            _ => Ok(()),
        }
    }
}
