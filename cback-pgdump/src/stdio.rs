//! The process's standard output and error, without the standard library's buffers and panics.
//!
//! `std` buffers its output by lines, and opens `/dev/null` in place of a descriptor that was
//! closed, so that a dump to a closed output would vanish with status 0. It opens it for reading
//! and writing, a shell's `>` for writing alone: that tells them apart. Where another program hands
//! over a `/dev/null` open for both, the dump fails although nothing is wrong; taking a closed output
//! for such a one would lose it with status 0.

use crate::Error;
use crate::check::Fault;
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, major, minor};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

const CLOSED: &str =
    "closed (or /dev/null opened for reading as well as writing, which looks the same)";

/// Standard output, unbuffered.
///
/// # Errors
///
/// It was closed when this process was started.
pub fn output() -> io::Result<File> {
    let stdout = io::stdout();
    let stat = fstat(&stdout)?;
    let is_null = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (major(stat.st_rdev), minor(stat.st_rdev)) == (1, 3);
    if is_null && fcntl_getfl(&stdout)? & OFlags::RWMODE == OFlags::RDWR {
        return Err(io::Error::other(CLOSED));
    }
    Ok(File::from(stdout.as_fd().try_clone_to_owned()?))
}

/// Has a panic end the process at once with status 1 and one line.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let panic = panic.to_string().replace('\n', " ");
        say(&format!("cback-pgdump: internal error: {panic}\n"));
        std::process::exit(1);
    }));
}

/// Says what went wrong, and what might help; nothing where standard output's reader has ended.
pub fn complain(error: &anyhow::Error) {
    let ours = error.downcast_ref::<Error>();
    if ours.is_some_and(Error::is_broken_pipe) {
        return;
    }
    let fault = error.downcast_ref::<Fault>();
    let cause = format!("cback-pgdump: {error:#}\n");
    let hint = ours
        .and_then(Error::hint)
        .or_else(|| fault.and_then(Fault::hint))
        .map_or_else(String::new, |hint| format!("cback-pgdump: hint: {hint}\n"));
    say(&(cause + &hint));
}

/// Says what the dump lacks, though it is whole.
pub fn warn(message: &str) {
    say(&format!("cback-pgdump: {message}\n"));
}

/// One write, so that lines of several programs never mix. Where standard error is closed or full, there
/// is no place to say so.
fn say(message: &str) {
    let _ = io::stderr().write_all(message.as_bytes());
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_one_line_and_status_1() {
        cback_tests::assert_panic_is_one_line("cback-pgdump", super::report_panics);
    }
}
