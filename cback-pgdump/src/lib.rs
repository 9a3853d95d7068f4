//! Dump PostgreSQL to standard output and prove that the dump is whole.
//!
//! [`dump()`] makes a dump of what [`Options`] say, and [`check`] reads one that was made before.

pub mod check;
pub mod cli;
mod command;
mod copy;
mod dump;
mod ending;
mod error;
pub mod globals;
mod group;
mod omissions;
mod parent;
mod relay;
mod request;
pub mod run;
pub mod signals;
pub mod stdio;
mod watchdog;

pub use dump::{dump, dump_to_file};
pub use error::Error;
pub use group::Stopper;
pub use parent::die_with;
pub use request::{Options, Target};
