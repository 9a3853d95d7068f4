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
use std::iter;
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

/// Splits the input into blocks.
pub(crate) trait Split: Send + 'static {
    /// A part of the input that a converter works on at a time.
    type Block: Send + 'static;

    /// An input of no more blocks than this is not worth starting threads for.
    const FEW: usize = 1;

    /// The next block, or none once the input has ended. How the input arrives must not matter.
    fn split(&mut self, input: &mut impl Read) -> io::Result<Option<Self::Block>>;
}

/// Converts a block, without knowing any other. Each thread has a clone of its own.
pub(crate) trait Convert: Clone + Send + 'static {
    /// As it was split off.
    type Block: Send + 'static;
    /// As it is joined.
    type Piece: Send + 'static;

    /// Does the work that is worth a thread.
    fn convert(&mut self, block: Self::Block) -> io::Result<Self::Piece>;
}

/// Joins the pieces, in the order of their blocks, to a stream.
pub(crate) trait Join {
    /// A converted block.
    type Piece;

    /// Writes what is certain once `piece` is known.
    fn join(&mut self, piece: Self::Piece, output: &mut impl Write) -> io::Result<()>;

    /// Writes the end. Only this may make the stream one that decoders take for whole.
    fn finish(self, output: &mut impl Write) -> io::Result<()>;
}

/// The three parts of a format.
pub(crate) struct Format<S, C, J> {
    /// Runs where the input is read.
    pub(crate) split: S,
    /// Runs on as many threads as wanted.
    pub(crate) converter: C,
    /// Runs where the output is written.
    pub(crate) join: J,
}

/// Runs `input` through `format` into `output`, with `threads` converters, or one for each core
/// that this process may use by affinity and by cgroup, at most [`MOST_CORES`].
pub(crate) fn run<S, C, J>(
    format: Format<S, C, J>,
    mut input: impl Read + Send + 'static,
    output: &mut impl Write,
    threads: Option<NonZeroUsize>,
) -> Result<(), Error>
where
    S: Split,
    C: Convert<Block = S::Block>,
    J: Join<Piece = C::Piece>,
{
    let Format {
        mut split,
        converter,
        join,
    } = format;
    let reading = |error| Error::from_io(error, Error::Read);
    let mut blocks = iter::from_fn(move || split.split(&mut input).map_err(reading).transpose());
    catch_unwind(AssertUnwindSafe(|| {
        // A thread, and even to ask for the number of cores, costs more than little input is worth.
        let first = blocks.by_ref().take(S::FEW + 1);
        let first = first.collect::<Result<Vec<_>, _>>()?;
        let threads = match threads {
            _ if first.len() <= S::FEW => 1,
            Some(threads) => threads.get(),
            None => available_parallelism().map_or(1, |cores| cores.get().min(MOST_CORES)),
        };
        let blocks = first.into_iter().map(Ok).chain(blocks);
        match threads {
            1 => one_by_one(blocks, converter, join, output),
            _ => side_by_side(blocks, &converter, join, output, threads),
        }
    }))
    .unwrap_or(Err(Error::Panicked))
}

fn one_by_one<C: Convert, J: Join<Piece = C::Piece>>(
    blocks: impl Iterator<Item = Result<C::Block, Error>>,
    mut converter: C,
    mut join: J,
    output: &mut impl Write,
) -> Result<(), Error> {
    for block in blocks {
        let piece = converter.convert(block?).map_err(Error::Convert)?;
        join.join(piece, output).map_err(writing)?;
    }
    finish(join, output)
}

fn side_by_side<C: Convert, J: Join<Piece = C::Piece>>(
    blocks: impl Iterator<Item = Result<C::Block, Error>> + Send + 'static,
    converter: &C,
    mut join: J,
    output: &mut impl Write,
    threads: usize,
) -> Result<(), Error> {
    let (jobs, work_queue) = channel();
    let work_queue = Arc::new(Mutex::new(work_queue));
    for _ in 0..threads {
        let (converter, work_queue) = (converter.clone(), Arc::clone(&work_queue));
        spawn(move || convert(converter, &work_queue))?;
    }
    drop(work_queue);
    let (in_order, pieces) = sync_channel(2 * threads);
    let reader = spawn(move || read::<C>(blocks, &jobs, &in_order))?;
    for piece in pieces {
        let piece = piece
            .recv()
            .map_err(|_| Error::Panicked)?
            .map_err(Error::Convert)?;
        join.join(piece, output).map_err(writing)?;
    }
    reader.join().map_err(|_| Error::Panicked)??;
    finish(join, output)
}

/// A block, and where to send the piece that it becomes.
type Job<C> = (<C as Convert>::Block, SyncSender<Converted<C>>);
type Converted<C> = io::Result<<C as Convert>::Piece>;

fn read<C: Convert>(
    blocks: impl Iterator<Item = Result<C::Block, Error>>,
    jobs: &Sender<Job<C>>,
    in_order: &SyncSender<Receiver<Converted<C>>>,
) -> Result<(), Error> {
    for block in blocks {
        let block = block?;
        let (sender, piece) = sync_channel(1);
        // This queue is bounded, so the reader waits here while the others are busy. Both sends
        // fail only when the others have ended, and they return the reason.
        in_order.send(piece).map_err(|_| Error::Panicked)?;
        jobs.send((block, sender)).map_err(|_| Error::Panicked)?;
    }
    Ok(())
}

fn convert<C: Convert>(mut converter: C, work_queue: &Mutex<Receiver<Job<C>>>) {
    while let Some((block, sender)) = next(work_queue) {
        // Refused when the writer has given up.
        if sender.send(converter.convert(block)).is_err() {
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

fn finish<J: Join>(join: J, output: &mut impl Write) -> Result<(), Error> {
    join.finish(output)
        .and_then(|()| output.flush())
        .map_err(writing)
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
        let block = read_block(input, SIZE).map_err(|error| Error::from_io(error, Error::Read))?;
        if block.is_empty() {
            return output.flush().map_err(Error::Write);
        }
        output.write_all(&block).map_err(Error::Write)?;
    }
}

#[cfg(test)]
mod tests;
