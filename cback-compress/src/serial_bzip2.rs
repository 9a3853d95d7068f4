//! bzip2 on one thread, by the bzip2 crate.

use std::io::{self, Write};

use bzip2::{Action, Compress, Compression, Status};

use crate::copy::Whole;
use crate::pipeline::{Format, Join};

pub(crate) fn format(level: u8) -> Format<Whole, fn() -> Whole, Stream> {
    let stream = Stream {
        encoder: Compress::new(Compression::new(level.into()), 0),
        bytes: Vec::with_capacity(64 << 10),
    };
    Format {
        cut: Whole,
        encoder: || Whole,
        join: stream,
    }
}

/// The whole stream. The bare `Compress`, unlike the crate's writers, does not end it when dropped.
pub(crate) struct Stream {
    encoder: Compress,
    bytes: Vec<u8>,
}

impl Stream {
    fn step(
        &mut self,
        input: &[u8],
        action: Action,
        output: &mut impl Write,
    ) -> io::Result<Status> {
        self.bytes.clear();
        let status = self.encoder.compress_vec(input, &mut self.bytes, action)?;
        output.write_all(&self.bytes)?;
        Ok(status)
    }
}

impl Join for Stream {
    type Piece = Vec<u8>;

    fn join(&mut self, piece: Vec<u8>, output: &mut impl Write) -> io::Result<()> {
        let start = self.encoder.total_in();
        let mut done = 0;
        while done < piece.len() {
            self.step(&piece[done..], Action::Run, output)?;
            done = usize::try_from(self.encoder.total_in() - start).map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn finish(mut self, output: &mut impl Write) -> io::Result<()> {
        while self.step(&[], Action::Finish, output)? != Status::StreamEnd {}
        Ok(())
    }
}
