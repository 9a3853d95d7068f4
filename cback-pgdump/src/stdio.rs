//! The process's standard output and error, without the standard library's buffers and panics.
//!
//! `std` buffers its output by lines, and opens `/dev/null` in place of a descriptor that was
//! closed, so that a dump to a closed output would vanish with status 0. It opens it for reading
//! and writing, a shell's `>` for writing alone: that tells them apart. A program that hands over
//! a `/dev/null` open for both is refused as well, loudly: the other mistake would be a silent one.

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
/// It is closed.
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

/// A line on standard error; nothing can be done about one that is closed or full.
pub fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "cback-pgdump: {message}");
}
