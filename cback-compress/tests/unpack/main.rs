//! Unpacking: what others packed, and what is damaged.
#![allow(clippy::unwrap_used, reason = "the helpers of tests")]

mod chance;
mod damage;
mod memory;
mod messages;
mod oracle;
mod peers;
#[path = "../program/mod.rs"]
mod program;
