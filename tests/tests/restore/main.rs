//! cback-pgrestore: "the whole database or none", into a server of which nothing else is changed.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod account;
mod cluster;
mod failures;
mod kills;
mod lacks;
mod one;
mod place;
