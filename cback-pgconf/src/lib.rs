//! Read, check and write the postgresql section of a cback3 configuration.
//!
//! `markup` and `reader` turn bytes into a `document`, `config` that into values; `files` is what follows
//! from these, and `checks` and `server` are what is to be said of them; `stage` is the master's part of a pool; `input`,
//! `output` and `run` are the commands.
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
//! # Ok::<(), cback_pgconf::Fault>(())
//! ```

mod checks;
pub mod cli;
mod config;
mod document;
mod fault;
mod files;
mod input;
mod local;
mod markup;
mod output;
mod reader;
mod run;
mod server;
mod stage;

pub use config::{CompressMode, PostgresqlConfig, Settings};
pub use fault::{Fault, Position};
pub use local::LocalConfig;
pub use output::show;
pub use run::run;
