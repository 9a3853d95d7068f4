//! Copying the dump from the child's pipe to the output.
//!
//! pg_dump writes 4 KiB at a time, and would wake a reader that waits for it each time; that costs
//! more CPU time than all the rest. So after each turn that leaves the pipe nearly empty the reader
//! sleeps for [`PAUSE`]; the pipe is large enough that pg_dump does not have to wait meanwhile.
//!
//! Where the output is a descriptor, the kernel moves the pages from pipe to output (splice), and
//! nothing is copied: a quarter of the CPU time of reading and writing. [`Ending`] needs the
//! beginning and the end: so the first bytes are read, and a splice leaves the last [`KEPT`] bytes in
//! the pipe, to be read next, or moved on once more have come.

use super::ending::{Ending, KEPT};
use super::mappings::Mappings;
use crate::child::PIPE;
use crate::error::Error;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionread};
use rustix::pipe::{SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, splice};
use std::io::{ErrorKind, PipeReader, Read, Write};
use std::os::fd::BorrowedFd;
use std::thread::sleep;
use std::time::Duration;

/// A pg_dump that writes 1 GB/s, more than any that was measured, fills half of the pipe meanwhile.
const PAUSE: Duration = Duration::from_micros(500);

/// Enough to read at once, and small enough to stay in a core's cache.
const BUFFER: usize = 128 << 10;

/// A place for a dump.
pub(crate) struct Output<'a, W> {
    pub(crate) writer: &'a mut W,
    /// The writer's descriptor, if pages may be spliced to it.
    pub(crate) descriptor: Option<BorrowedFd<'a>>,
}

/// Knowledge of a dump that is gained while it is copied.
#[derive(Default)]
pub(crate) struct Observed {
    pub(crate) ending: Ending,
    pub(crate) mappings: Mappings,
}

impl Observed {
    fn observe(&mut self, piece: &[u8]) {
        self.ending.observe(piece);
        self.mappings.observe(piece);
    }

    /// Whether nothing more has to be looked at but the dump's last [`KEPT`] bytes.
    fn has_enough(&self) -> bool {
        self.ending.has_head() && !self.mappings.is_watching
    }
}

/// Copies all of `input` to `output`, and has it observed.
pub(crate) fn copy(
    input: &PipeReader,
    output: &mut Output<'_, impl Write>,
    observed: &mut Observed,
) -> Result<(), Error> {
    let mut descriptor = output.descriptor;
    let may_pause = fcntl_getpipe_size(input).is_ok_and(|size| size >= PIPE);
    if let Some(output) = descriptor {
        // Else it would be full after each turn. Refused where it is no pipe, or the user has too many.
        let _ = fcntl_setpipe_size(output, PIPE);
    }
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = match splice_most(input, descriptor, observed.has_enough()) {
            Ok(0) => read_and_write(input, output.writer, &mut buffer, observed)?,
            Ok(length) => length,
            // Not every file can be spliced to: one open for appending, some terminals.
            Err(Errno::INVAL) => {
                descriptor = None;
                continue;
            }
            Err(Errno::INTR) => continue,
            Err(error) => return Err(Error::Write(error.into())),
        };
        if length == 0 {
            return Ok(());
        }
        if may_pause && ioctl_fionread(input).is_ok_and(|waiting| waiting < PIPE as u64 / 4) {
            sleep(PAUSE);
        }
    }
}

/// Waits for input, and splices all but the last [`KEPT`] bytes of it, if `has_enough` has been
/// read; 0 if there is so little that it has to be read. An output without a reader is an error
/// (EPIPE) at once, also while pg_dump waits for a lock and writes nothing.
fn splice_most(
    input: &PipeReader,
    descriptor: Option<BorrowedFd<'_>>,
    has_enough: bool,
) -> Result<usize, Errno> {
    let Some(output) = descriptor else {
        return Ok(0);
    };
    let mut both = [
        PollFd::new(input, PollFlags::IN),
        PollFd::new(&output, PollFlags::empty()),
    ];
    poll(&mut both, None)?;
    if both[1].revents().contains(PollFlags::ERR) {
        return Err(Errno::PIPE);
    }
    let waiting = usize::try_from(ioctl_fionread(input)?).unwrap_or(0);
    if waiting <= KEPT || !has_enough {
        return Ok(0);
    }
    let length = waiting - KEPT;
    splice(input, None, output, None, length, SpliceFlags::MOVE)
}

/// Reads and writes once; 0 at the end of the input.
fn read_and_write(
    mut input: &PipeReader,
    output: &mut impl Write,
    buffer: &mut [u8],
    observed: &mut Observed,
) -> Result<usize, Error> {
    loop {
        match input.read(buffer) {
            Ok(length) => {
                observed.observe(&buffer[..length]);
                output.write_all(&buffer[..length]).map_err(Error::Write)?;
                return Ok(length);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Read(error)),
        }
    }
}
