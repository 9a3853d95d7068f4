//! Streams are split into blocks, which are converted side by side and joined in order.
//!
//! One thread reads and splits, some convert, the caller's writes. For each block the reader makes
//! a channel for the piece it will become, queues the receiving end for the writer (`in_order`), and
//! hands the block with the sending end to whichever converter is free (`work_queue`). The writer
//! takes the pieces in the order of their blocks in whatever order they are finished, and since
//! its queue is bounded, so is the memory.
//!
//! A thread that fails drops its ends of the channels, and the others stop at the next use of
//! theirs. The end of the stream is written only when every piece has come and the reader has said
//! that the input ended as it should. Threads are not waited for after a failure, since the reader
//! may be in a read that never returns.

use std::io::{self, ErrorKind, Read, Write};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle, available_parallelism};

use crate::buffer;
use crate::error::Error;

/// The most threads where no number is asked for: enough for any `pg_dump`, even with bzip2, and
/// 100 MB of memory at most, for each of several databases that are dumped at a time.
const MOST_CORES: usize = 8;

/// Joins the pieces, in the order of their blocks, to a stream.
pub(crate) trait Join {
    /// A converted block.
    type Piece: Send + 'static;

    /// Writes what is certain once `piece` is known.
    fn join(&mut self, piece: Self::Piece, output: &mut impl Write) -> io::Result<()>;

    /// Writes the end. Only this may make the stream one that decoders take for whole.
    fn finish(self, output: &mut impl Write) -> io::Result<()>;
}

/// Converts the `blocks` of an input, each without knowing any other, and joins what they become.
///
/// An input of no more than `few` blocks is converted where it is joined; others by so many `threads`, each with
/// a clone of `convert`, or by one for each core that this process may use by affinity and by cgroup, at most
/// [`MOST_CORES`].
pub(crate) fn run<B: Send + 'static, J: Join>(
    mut blocks: impl Iterator<Item = io::Result<B>> + Send + 'static,
    few: usize,
    convert: impl FnMut(B) -> io::Result<J::Piece> + Clone + Send + 'static,
    join: J,
    output: &mut impl Write,
    threads: Option<NonZeroUsize>,
) -> Result<(), Error> {
    catch_unwind(AssertUnwindSafe(|| {
        // A thread, and even to ask for the number of cores, costs more than little input is worth.
        let first = blocks.by_ref().take(few + 1);
        let first = first.collect::<Result<Vec<_>, _>>().map_err(reading)?;
        let threads = match threads {
            _ if first.len() <= few => 1,
            Some(threads) => threads.get(),
            None => available_parallelism().map_or(1, |cores| cores.get().min(MOST_CORES)),
        };
        let blocks = first.into_iter().map(Ok).chain(blocks);
        match threads {
            1 => one_by_one(blocks, convert, join, output),
            _ => side_by_side(blocks, &convert, join, output, threads),
        }
    }))
    .unwrap_or(Err(Error::Panicked))
}

fn one_by_one<B, J: Join>(
    blocks: impl Iterator<Item = io::Result<B>>,
    mut convert: impl FnMut(B) -> io::Result<J::Piece>,
    mut join: J,
    output: &mut impl Write,
) -> Result<(), Error> {
    for block in blocks {
        let piece = convert(block.map_err(reading)?).map_err(Error::Convert)?;
        join.join(piece, output).map_err(writing)?;
    }
    finish(join, output)
}

fn side_by_side<B: Send + 'static, J: Join>(
    blocks: impl Iterator<Item = io::Result<B>> + Send + 'static,
    convert: &(impl FnMut(B) -> io::Result<J::Piece> + Clone + Send + 'static),
    mut join: J,
    output: &mut impl Write,
    threads: usize,
) -> Result<(), Error> {
    let (jobs, work_queue) = channel();
    let work_queue = Arc::new(Mutex::new(work_queue));
    for _ in 0..threads {
        let (convert, work_queue) = (convert.clone(), Arc::clone(&work_queue));
        spawn(move || work(convert, &work_queue))?;
    }
    drop(work_queue);
    let (in_order, pieces) = sync_channel(2 * threads);
    let reader = spawn(move || read(blocks, &jobs, &in_order))?;
    for piece in pieces {
        let piece = piece.recv().map_err(|_| Error::Panicked)?;
        let piece = piece.map_err(Error::Convert)?;
        join.join(piece, output).map_err(writing)?;
    }
    reader.join().map_err(|_| Error::Panicked)??;
    finish(join, output)
}

/// A block, and where to send the piece that it becomes.
type Job<B, P> = (B, SyncSender<io::Result<P>>);

fn read<B, P>(
    blocks: impl Iterator<Item = io::Result<B>>,
    jobs: &Sender<Job<B, P>>,
    in_order: &SyncSender<Receiver<io::Result<P>>>,
) -> Result<(), Error> {
    for block in blocks {
        let block = block.map_err(reading)?;
        let (sender, piece) = sync_channel(1);
        // This queue is bounded, so the reader waits here while the others are busy. Both sends
        // fail only when the others have ended, and they return the reason.
        in_order.send(piece).map_err(|_| Error::Panicked)?;
        jobs.send((block, sender)).map_err(|_| Error::Panicked)?;
    }
    Ok(())
}

fn work<B, P>(
    mut convert: impl FnMut(B) -> io::Result<P>,
    work_queue: &Mutex<Receiver<Job<B, P>>>,
) {
    while let Some((block, sender)) = next(work_queue) {
        // Refused when the writer has given up.
        if sender.send(convert(block)).is_err() {
            return;
        }
    }
}

fn next<T>(work_queue: &Mutex<Receiver<T>>) -> Option<T> {
    work_queue.lock().ok()?.recv().ok()
}

fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    Builder::new().spawn(work).map_err(Error::Thread)
}

fn finish(join: impl Join, output: &mut impl Write) -> Result<(), Error> {
    let finished = join.finish(output).and_then(|()| output.flush());
    finished.map_err(writing)
}

fn reading(error: io::Error) -> Error {
    Error::from_io(error, Error::Read)
}

fn writing(error: io::Error) -> Error {
    Error::from_io(error, Error::Write)
}

/// The next `size` bytes of `input`: fewer only at its end.
pub(crate) fn read_block(input: &mut impl Read, size: usize) -> io::Result<Vec<u8>> {
    let mut block = buffer::zeroed(size)?;
    let mut end = 0;
    while end < size {
        match input.read(&mut block[end..]) {
            Ok(0) => break,
            Ok(count) => end += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    block.truncate(end);
    Ok(block)
}

/// Copies `input` to `output`, telling apart which of the two failed.
pub(crate) fn copy(input: &mut impl Read, output: &mut impl Write) -> Result<(), Error> {
    const SIZE: usize = 256 << 10;
    loop {
        let block = read_block(input, SIZE).map_err(reading)?;
        if block.is_empty() {
            return output.flush().map_err(writing);
        }
        output.write_all(&block).map_err(writing)?;
    }
}

#[cfg(test)]
mod tests;
