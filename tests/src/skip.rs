//! What a test cannot do here, told to whoever runs the tests.

use std::io::Write;

/// Says that the running test, or a part of it, is not done, and why: on the real stderr, since the
/// test harness shows nothing of what a test that passes has printed.
pub fn skip(why: &str) {
    let thread = std::thread::current();
    let line = format!("skipped: {}: {why}\n", thread.name().unwrap_or("a test"));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// [`skip`]s unless we are root; true if so.
#[must_use]
pub fn skipped_without_root(why: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip(&format!("{why}: it takes root"));
    }
    !is_root
}
