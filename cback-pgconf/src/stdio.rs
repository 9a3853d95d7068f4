//! Standard input and output, where nothing may be lost in silence.
//!
//! Where a descriptor was closed, the standard library opens `/dev/null` in its place: for reading
//! and writing, which a shell's `<` or `>` never does. That tells the two apart.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, major, minor};

/// Standard input; the standard library's own ends at once where it cannot be read.
pub(crate) fn input() -> io::Result<File> {
    let input = io::stdin();
    refuse_closed(&input)?;
    Ok(File::from(input.as_fd().try_clone_to_owned()?))
}

/// Writes all of `bytes` and flushes them.
pub(crate) fn print(bytes: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if !bytes.is_empty() {
        refuse_closed(&output)?;
    }
    output.write_all(bytes)?;
    output.flush()
}

/// Prints clap's own words: help and the version on standard output, wrong usage on standard error.
pub fn show(words: &clap::Error) -> Result<ExitCode> {
    let printed = words.print().and_then(|()| io::stdout().flush());
    if !words.use_stderr() {
        let opened = refuse_closed(&io::stdout());
        opened.and(printed).context("standard output")?;
    }
    Ok(u8::try_from(words.exit_code()).unwrap_or(2).into())
}

fn refuse_closed(descriptor: &impl AsFd) -> io::Result<()> {
    let stat = fstat(descriptor)?;
    let is_null = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (major(stat.st_rdev), minor(stat.st_rdev)) == (1, 3);
    if is_null && fcntl_getfl(descriptor)? & OFlags::RWMODE == OFlags::RDWR {
        let cause =
            "closed (or /dev/null opened for reading as well as writing, which looks the same)";
        return Err(io::Error::other(cause));
    }
    Ok(())
}
