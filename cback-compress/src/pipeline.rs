//! The way of a stream: cut into blocks, encoded side by side, joined in order.
//!
//! One thread reads and cuts, some encode, the caller's writes. For each block the reader makes a
//! little channel for the piece it will become, puts the receiving end in line for the writer,
//! and hands the block with the sending end to whichever encoder is free. So the writer takes the
//! pieces in the order of their blocks however the encoders finish, and the line, which is
//! bounded, is all that bounds the memory.
//!
//! Whoever fails drops its ends of the channels, and the others stop at the next use of theirs:
//! nobody is told to stop, nobody waits for ever. The end of the stream is written only when
//! every piece has come and the reader has said that the input ended as it should. Threads are
//! not waited for after a failure, since the reader may be deep in a read that never returns.

use std::io::{self, ErrorKind, Read, Write};
use std::iter;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle, available_parallelism};

use crate::Error;

/// Cuts blocks off the input.
pub trait Cut: Send + 'static {
    /// What one encoder works on at a time.
    type Block: Send + 'static;

    /// The next block, or none once the input has ended. How the input arrives must not matter.
    fn cut(&mut self, input: &mut impl Read) -> io::Result<Option<Self::Block>>;
}

/// Encodes a block, without knowing any other.
pub trait Encode: 'static {
    /// As cut.
    type Block: Send + 'static;
    /// As joined.
    type Piece: Send + 'static;

    /// Does the work that is worth a thread.
    fn encode(&mut self, block: Self::Block) -> io::Result<Self::Piece>;
}

/// Joins the pieces, in the order of their blocks, to a stream.
pub trait Join {
    /// An encoded block.
    type Piece;

    /// Writes what is certain once `piece` is known.
    fn join(&mut self, piece: Self::Piece, output: &mut impl Write) -> io::Result<()>;

    /// Writes the end. Only this may make the stream one that decoders take for whole.
    fn finish(self, output: &mut impl Write) -> io::Result<()>;
}

/// The three parts of a format.
pub struct Format<C, M, J> {
    /// Runs where the input is read.
    pub cut: C,
    /// Makes an encoder, once for each thread.
    pub encoder: M,
    /// Runs where the output is written.
    pub join: J,
}

/// Runs `input` through `format` into `output`, with `threads` encoders, or one for each core.
pub fn run<C, M, E, J>(
    format: Format<C, M, J>,
    mut input: impl Read + Send + 'static,
    output: &mut impl Write,
    threads: Option<NonZeroUsize>,
) -> Result<(), Error>
where
    C: Cut,
    M: Fn() -> E + Clone + Send + 'static,
    E: Encode<Block = C::Block>,
    J: Join<Piece = E::Piece>,
{
    let Format {
        mut cut,
        encoder,
        join,
    } = format;
    let mut blocks = iter::from_fn(move || cut.cut(&mut input).map_err(Error::reading).transpose());
    catch_unwind(AssertUnwindSafe(|| {
        // A thread, and even to ask for the number of cores, costs more than little input is worth.
        let few = blocks.by_ref().take(2).collect::<Result<Vec<_>, _>>()?;
        let cores = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = if few.len() < 2 {
            1
        } else {
            threads.unwrap_or_else(cores).get()
        };
        let blocks = few.into_iter().map(Ok).chain(blocks);
        match threads {
            1 => one_by_one(blocks, encoder(), join, output),
            _ => side_by_side(blocks, &encoder, join, output, threads),
        }
    }))
    .unwrap_or(Err(Error::Panicked))
}

fn one_by_one<E: Encode, J: Join<Piece = E::Piece>>(
    blocks: impl Iterator<Item = Result<E::Block, Error>>,
    mut encoder: E,
    mut join: J,
    output: &mut impl Write,
) -> Result<(), Error> {
    for block in blocks {
        let piece = encoder.encode(block?).map_err(Error::Encode)?;
        join.join(piece, output).map_err(Error::Write)?;
    }
    finish(join, output)
}

fn side_by_side<M, E, J>(
    blocks: impl Iterator<Item = Result<E::Block, Error>> + Send + 'static,
    encoder: &M,
    mut join: J,
    output: &mut impl Write,
    threads: usize,
) -> Result<(), Error>
where
    M: Fn() -> E + Clone + Send + 'static,
    E: Encode,
    J: Join<Piece = E::Piece>,
{
    let (jobs, todo) = channel();
    let todo = Arc::new(Mutex::new(todo));
    for _ in 0..threads {
        let (encoder, todo) = (encoder.clone(), Arc::clone(&todo));
        spawn(move || encode(encoder(), &todo))?;
    }
    drop(todo);
    let (line, pieces) = sync_channel(2 * threads);
    let reader = spawn(move || read::<E>(blocks, &jobs, &line))?;
    for piece in pieces {
        let piece = piece
            .recv()
            .map_err(|_| Error::Panicked)?
            .map_err(Error::Encode)?;
        join.join(piece, output).map_err(Error::Write)?;
    }
    reader.join().map_err(|_| Error::Panicked)??;
    finish(join, output)
}

/// A block, and where to send the piece that it becomes.
type Job<E> = (<E as Encode>::Block, SyncSender<Encoded<E>>);
type Encoded<E> = io::Result<<E as Encode>::Piece>;

fn read<E: Encode>(
    blocks: impl Iterator<Item = Result<E::Block, Error>>,
    jobs: &Sender<Job<E>>,
    line: &SyncSender<Receiver<Encoded<E>>>,
) -> Result<(), Error> {
    for block in blocks {
        let block = block?;
        let (sender, piece) = sync_channel(1);
        // In line first: that is where it waits while the others are busy. Both fail only when
        // the others are gone, and then it is for them to say why.
        line.send(piece).map_err(|_| Error::Panicked)?;
        jobs.send((block, sender)).map_err(|_| Error::Panicked)?;
    }
    Ok(())
}

fn encode<E: Encode>(mut encoder: E, todo: &Mutex<Receiver<Job<E>>>) {
    while let Some((block, sender)) = next(todo) {
        // Refused when the writer has given up.
        if sender.send(encoder.encode(block)).is_err() {
            return;
        }
    }
}

fn next<T>(todo: &Mutex<Receiver<T>>) -> Option<T> {
    todo.lock().ok()?.recv().ok()
}

fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    Builder::new().spawn(work).map_err(Error::Thread)
}

fn finish<J: Join>(join: J, output: &mut impl Write) -> Result<(), Error> {
    join.finish(output)
        .and_then(|()| output.flush())
        .map_err(Error::Write)
}

/// The next `size` bytes of `input`: fewer only at its end.
pub(crate) fn read_block(input: &mut impl Read, size: usize) -> io::Result<Vec<u8>> {
    let mut block = vec![0; size];
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
