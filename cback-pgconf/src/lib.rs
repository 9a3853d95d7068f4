//! Read, check and write the postgresql section of a cback3 configuration.
//!
//! One floor above the other: `reader` turns bytes into a `document`; `config` holds the values in it,
//! `files` what follows from them, `rules` and `warnings` what is to be said of them (`hints`, `fault`);
//! `insert` writes a section into a document; `output`, `input` and `run` are what the commands do.
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

pub mod cli;
mod config;
mod document;
mod fault;
mod files;
mod hints;
mod input;
mod insert;
mod markup;
mod output;
mod reader;
mod rules;
mod run;
mod stdio;
mod warnings;

pub use config::{CompressMode, LocalConfig, PostgresqlConfig, Settings};
pub use fault::{Fault, Position, describe};
pub use insert::AddError;
pub use rules::Invalid;
pub use run::run;
pub use stdio::show;
