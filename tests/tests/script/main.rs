//! `scripts/cback-postgresql`, against a real server.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod backup;
mod command_line;
mod failure;
mod globals;
mod interruption;
mod user;
