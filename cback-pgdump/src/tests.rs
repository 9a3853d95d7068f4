//! The promise of `main` alone: "no panics, whatever the input", and one that comes all the same is one line.

use cback_tests::Finished;
use std::process::Command;

/// In a child, which the panic is to end: `main` fails, since there is no pg_dump, and then its thread
/// panics. The one argument is the test for the harness, and a database for `main`.
#[test]
fn main_has_a_panic_end_the_process_with_status_1() {
    if std::env::var_os("CBACK_PANIC").is_some() {
        crate::main();
        panic!("two\nlines");
    }
    let mut test = Command::new(std::env::current_exe().expect("a test knows its own executable"));
    test.arg("tests::main_has_a_panic_end_the_process_with_status_1");
    test.env("CBACK_PANIC", "").env("PATH", "/nowhere");
    let said = test.output().expect("it starts").fails(1);
    let last = said.lines().last().unwrap_or_default();
    let is_ours = last.starts_with("cback-pgdump: internal error: panicked at ");
    assert!(is_ours && last.ends_with(": two lines"), "{said}");
}
