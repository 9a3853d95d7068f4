//! cback-pgverify: what it proves, what it catches, and that nothing is left of it.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod backups;
mod caught;
mod command_line;
mod differs;
mod globals;
mod good;
mod hostile;
mod isolation;
mod jobs;
mod json;
mod kills;
mod leftovers;
mod lists;
mod proven;
mod staged;
mod traces;
