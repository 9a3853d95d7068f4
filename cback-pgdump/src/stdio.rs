//! The process's standard output and error, without the standard library's buffers and panics.
//!
//! `std` buffers its output by lines, and opens `/dev/null` in place of a descriptor that was
//! closed, so that a dump to a closed output would vanish with status 0. It opens it for reading
//! and writing, a shell's `>` for writing alone: that tells them apart. Where another program hands
//! over a `/dev/null` open for both, the dump fails although nothing is wrong; taking a closed output
//! for such a one would lose it with status 0.

use crate::error::Error;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, major, minor};
use std::env;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;

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

/// Prints clap's help or version, which clap itself would do without a look at the outcome.
///
/// # Errors
///
/// Standard output is closed, full or without a reader.
pub fn print(help: &clap::Error) -> anyhow::Result<()> {
    let printed = output().and_then(|_| help.print());
    Ok(printed
        .and_then(|()| io::stdout().flush())
        .map_err(Error::Write)?)
}

/// Standard input, which waits for data where another process has made it non-blocking.
///
/// # Errors
///
/// The system has no further descriptor.
pub fn input() -> io::Result<impl Read> {
    Ok(Input(File::from(io::stdin().as_fd().try_clone_to_owned()?)))
}

struct Input(File);

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    poll(&mut [PollFd::new(&self.0, PollFlags::IN)], None)?;
                }
                outcome => return outcome,
            }
        }
    }
}

/// Has a panic end the process at once with status 1 and one line.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        say(&format!("internal error: {panic}"));
        std::process::exit(1);
    }));
}

/// Says one line, such as that the dump lacks something though it is whole.
pub(crate) fn say(message: &str) {
    say_lines([message]);
}

/// One write, so that lines of several programs never mix. Where standard error is closed or full, there
/// is no place to say so.
pub(crate) fn say_lines<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) {
    let mut text = Vec::new();
    for line in lines {
        let shown = line.as_ref().replace(char::is_control, " ");
        text.extend(label());
        text.extend(b"cback-pgdump: ");
        text.extend(bounded(shown.as_bytes(), LINE));
        text.push(b'\n');
    }
    let _ = io::stderr().write_all(&text);
}

/// Passes on a line of the child's, as it is; behind a label it has an end.
pub(crate) fn pass(line: &[u8]) {
    let label = label();
    let has_end = label.is_empty() || line.ends_with(b"\n");
    let end: &[u8] = if has_end { b"" } else { b"\n" };
    let _ = io::stderr().write_all(&[&label, line, end].concat());
}

/// The beginning of each line, from a script: of several dumps at a time nobody else can tell whose a line is.
fn label() -> Vec<u8> {
    env::var_os("CBACK_LABEL").unwrap_or_default().into_vec()
}

/// Bytes of a line of a message, ours or the child's. The longest that says something is the server's of a
/// statement that has failed.
pub(crate) const LINE: usize = 1024;

/// At most so many bytes of a line, and a mark where it goes on; no character of UTF-8 is cut.
pub(crate) fn bounded(line: &[u8], most: usize) -> Vec<u8> {
    let Some(mut end) = (line.len() > most).then_some(most) else {
        return line.to_vec();
    };
    while end + 4 > most && line[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    [&line[..end], b" ..."].concat()
}
