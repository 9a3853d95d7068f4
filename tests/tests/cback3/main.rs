//! The real cback3.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod actions;
mod module;
mod pool;
