//! Dump PostgreSQL to standard output and prove that the dump is whole.
//!
//! [`dump()`] makes a dump of what [`Options`] say, and [`check`] reads one that was made before.

pub mod check;
mod child;
pub mod cli;
mod databases;
mod dump;
mod error;
mod globals;
mod list;
mod names;
mod plan;
mod request;
pub mod run;
mod script;
pub mod stdio;

pub use child::Stopper;
pub use dump::{dump, dump_to_file};
pub use error::Error;
pub use request::{Options, Target};
