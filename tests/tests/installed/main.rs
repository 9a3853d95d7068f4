//! What a user gets and reads: the installation, the package, the units, the manual, README.md.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod install;
mod manual;
mod package;
mod prerequisites;
mod progress;
mod readme;
mod units;
