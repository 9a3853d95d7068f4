//! The process's standard input, output and error, without the standard library's buffers and panics.
//!
//! `std` buffers its output by lines, and opens `/dev/null` in place of a descriptor that was
//! closed, so that a backup to a closed output would vanish with status 0. It opens it for reading
//! and writing, a shell's `<` or `>` never does both: that tells them apart. (Python's `DEVNULL`
//! does, and is refused too: better than to lose a backup in silence.)
//!
//! Whoever shares a descriptor with us may have made it non-blocking: then we wait ourselves.

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt;

use anyhow::Context;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, fsync, major, minor};
use rustix::pipe::fcntl_setpipe_size;

/// Linux lets any user have as much, and neither side then waits for the other at each turn.
const PIPE: usize = 1 << 20;

const CLOSED: &str =
    "closed (or /dev/null opened for reading as well as writing, which looks the same)";

/// A file, pipe or socket, blocking or not.
pub(crate) struct Stream(File);

impl Stream {
    /// Flushes it to the disk, if it is on one.
    pub(crate) fn sync(&self) -> io::Result<()> {
        match FileType::from_raw_mode(fstat(&self.0)?.st_mode) {
            FileType::RegularFile | FileType::BlockDevice => Ok(fsync(&self.0)?),
            _ => Ok(()),
        }
    }

    /// Does it again when there is `event`, as long as it would block.
    fn wait<T>(
        &self,
        event: PollFlags,
        mut attempt: impl FnMut(&File) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match attempt(&self.0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    poll(&mut [PollFd::new(&self.0, event)], None)?;
                }
                result => return result,
            }
        }
    }
}

impl From<File> for Stream {
    fn from(file: File) -> Self {
        Self(file)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait(PollFlags::IN, |mut file| file.read(buffer))
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait(PollFlags::OUT, |mut file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard input, unbuffered.
pub(crate) fn input() -> io::Result<Stream> {
    open(io::stdin().as_fd())
}

/// Standard output, unbuffered.
pub(crate) fn output() -> io::Result<Stream> {
    open(io::stdout().as_fd())
}

fn open(descriptor: BorrowedFd<'_>) -> io::Result<Stream> {
    if was_closed(descriptor)? {
        return Err(io::Error::other(CLOSED));
    }
    // Refused where it is no pipe, or the user has too many: then it stays as it is.
    let _ = fcntl_setpipe_size(descriptor, PIPE);
    Ok(Stream(File::from(descriptor.try_clone_to_owned()?)))
}

fn was_closed(descriptor: BorrowedFd<'_>) -> io::Result<bool> {
    let stat = fstat(descriptor)?;
    let is_null = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (major(stat.st_rdev), minor(stat.st_rdev)) == (1, 3);
    Ok(is_null && fcntl_getfl(descriptor)? & OFlags::RWMODE == OFlags::RDWR)
}

/// In the panics of libdeflater and zlib-rs where they get no memory.
const NO_MEMORY: [&str; 2] = ["out of memory", "MemError"];

/// Has a panic end the process at once with status 1 and one line, so that nothing is dropped that
/// would finish a stream.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let panic = panic.to_string().replace('\n', " ");
        if NO_MEMORY.iter().any(|it| panic.contains(it)) {
            say("converting a block failed: out of memory");
        } else {
            say(&format!("internal error: {panic}"));
        }
        std::process::exit(1);
    }));
}

/// Prints the help or the version, which clap itself does not mind to fail in.
///
/// # Errors
/// Standard output is closed or cannot be written.
pub fn print_help(help: &clap::Error) -> anyhow::Result<()> {
    let printed = output().and_then(|_| help.print());
    printed.context("standard output")
}

/// One write of one line, so that those of several programs never mix; nothing can be done about a standard
/// error that is closed or full. A script has them begin with what it is about.
pub(crate) fn say(message: &str) {
    let mut line = env::var_os("CBACK_LABEL").unwrap_or_default().into_vec();
    line.extend(b"cback-compress: ");
    line.extend(message.replace(char::is_control, "?").bytes());
    line.push(b'\n');
    let _ = io::stderr().write_all(&line);
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_one_line_and_status_1() {
        cback_tests::assert_panic_is_one_line("cback-compress", super::report_panics);
    }
}
