//! Everything that may happen to a backup happens to it, and what is left is looked at: the file is
//! yesterday's or a whole one, status 0 comes only with a whole one, no process is left, and the
//! next run succeeds.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod calls;
mod disks;
mod environment;
mod kills;
mod races;
mod server;
mod sizes;
