//! Standard output, where nothing written may be lost in silence.
//!
//! Where a descriptor was closed, the standard library opens `/dev/null` in its place: for reading
//! and writing, which a shell's `>/dev/null` never does. That tells the two apart.

use std::io::{self, Write};
use std::os::fd::AsFd;

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, major, minor};

const CLOSED: &str =
    "closed (or /dev/null opened for reading as well as writing, which looks the same)";

/// Writes all of `bytes` and flushes them.
pub(crate) fn print(bytes: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if !bytes.is_empty() && was_closed(&output)? {
        return Err(io::Error::other(CLOSED));
    }
    output.write_all(bytes)?;
    output.flush()
}

/// Nothing can be done about a standard error that is closed or full.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "cback-pgconf: {message}");
}

fn was_closed(output: &impl AsFd) -> io::Result<bool> {
    let stat = fstat(output)?;
    let is_null = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (major(stat.st_rdev), minor(stat.st_rdev)) == (1, 3);
    Ok(is_null && fcntl_getfl(output)? & OFlags::RWMODE == OFlags::RDWR)
}
