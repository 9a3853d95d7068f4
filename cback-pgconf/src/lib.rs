//! Read, check and write the postgresql section of a cback3 configuration.
//!
//! Three layers, each in its own files. `reader` turns bytes into events and refuses whatever expat
//! refuses (`chars`, `cursor`, `declaration`, `doctype`, `dtd`, `entity`, `namespace`, `open`, `tag`).
//! `document` keeps what Cedar Backup looks at. `config` and `settings` hold its rules; `output`
//! prints what was read.

mod chars;
pub mod cli;
mod config;
mod cursor;
mod declaration;
mod doctype;
mod document;
mod dtd;
mod entity;
mod fault;
mod hints;
mod namespace;
mod open;
mod output;
mod reader;
mod run;
mod settings;
mod stdio;
mod tag;

pub use config::{CompressMode, Invalid, LocalConfig, PostgresqlConfig};
pub use fault::{Fault, Position};
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
