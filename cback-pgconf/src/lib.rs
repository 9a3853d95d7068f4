//! Read, check and write the postgresql section of a cback3 configuration.
//!
//! Three layers, each in its own files. `reader` turns bytes into events and refuses whatever expat
//! refuses (`chars`, `cursor`, `declaration`, `doctype`, `dtd`, `entity`, `namespace`, `open`, `pieces`, `tag`).
//! `document` keeps what Cedar Backup looks at. `config` and `settings` hold its rules; `hints`
//! and `warnings` say what may have been meant; `output` prints what was read, `insert` writes a
//! section into a document.
//!
//! ```
//! use cback_pgconf::LocalConfig;
//!
//! let section = "<postgresql>
//!       <compress_mode>gzip</compress_mode>
//!       <database>orders</database>
//!    </postgresql>";
//! let document = format!("<cb_config>{section}</cb_config>");
//! let local = LocalConfig::parse(document.as_bytes())?;
//! local.validate()?;
//! let databases = local.postgresql.and_then(|section| section.databases);
//! assert_eq!(databases, Some(vec!["orders".to_owned()]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chars;
pub mod cli;
mod config;
mod cursor;
mod declaration;
mod doctype;
mod document;
mod dtd;
mod entity;
mod failure;
mod fault;
mod files;
mod hints;
mod insert;
mod namespace;
mod open;
mod output;
mod pieces;
mod reader;
mod run;
mod settings;
mod stdio;
mod tag;
mod warnings;

pub use config::{CompressMode, Invalid, LocalConfig, PostgresqlConfig};
pub use fault::{Fault, Position};
pub use insert::AddError;
pub use run::run;
pub use settings::Settings;

/// Why a configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes did not come.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// They are not a configuration.
    #[error(transparent)]
    Document(#[from] Fault),
}
