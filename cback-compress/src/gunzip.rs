//! gzip members, one after the other, back to what was packed.
//!
//! flate2 unpacks a member and checks its header and its trailer; here it is seen to that another
//! member follows, or nothing. One thread does it all: each byte may need any of the 32 KiB before
//! it, and checksums on another thread gained nothing.

use std::io::{self, BufRead, ErrorKind, Read, Write};

use flate2::bufread::GzDecoder;

use crate::error::Error;

/// Bytes read at a time, and bytes written at a time.
const CHUNK: usize = 128 << 10;

/// The first byte of a member.
const FIRST: u8 = 0x1f;

const CUT_OFF: &str = "the input ends here, in the middle of a gzip member";
const BAD_HEADER: &str = "the header of the gzip member that begins here is damaged";
const DAMAGED: &str = "the gzip member is damaged here, or its checksum or length is another's";
const FOLLOWED: &str = "the gzip data ends here, and something else follows";

/// Unpacks `input`, which begins with a member, into `output`.
pub(crate) fn unpack(input: impl Read, output: &mut impl Write) -> Result<(), Error> {
    let mut input = Input::new(input);
    let mut data = vec![0; CHUNK];
    while let Some(&first) = input.fill_buf().map_err(reading)?.first() {
        let begins = input.position;
        if first != FIRST {
            let (byte, what) = (begins, FOLLOWED);
            return Err(Error::Damaged { byte, what });
        }
        let mut member = GzDecoder::new(&mut input);
        loop {
            match member.read(&mut data) {
                Ok(0) => break,
                Ok(count) => output.write_all(&data[..count]).map_err(Error::Write)?,
                Err(error) => return Err(fault(error, begins, &member)),
            }
        }
    }
    output.flush().map_err(Error::Write)
}

/// The fault in a member that begins at this byte, or in reading it.
fn fault<R>(error: io::Error, begins: u64, member: &GzDecoder<&mut Input<R>>) -> Error {
    error.downcast().unwrap_or_else(|error| {
        let here = member.get_ref().position;
        let (byte, what) = match error.kind() {
            ErrorKind::UnexpectedEof => (here, CUT_OFF),
            _ if member.header().is_none() => (begins, BAD_HEADER),
            _ => (here, DAMAGED),
        };
        Error::Damaged { byte, what }
    })
}

fn reading(error: io::Error) -> Error {
    Error::from_io(error, Error::Read)
}

/// The input, a chunk at a time, and where in it we are.
struct Input<R> {
    source: R,
    chunk: Vec<u8>,
    taken: usize,
    /// How many bytes were taken in all.
    position: u64,
}

impl<R: Read> Input<R> {
    fn new(source: R) -> Self {
        Self {
            source,
            chunk: Vec::new(),
            taken: 0,
            position: 0,
        }
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.chunk.len() {
            self.taken = 0;
            self.chunk.clear();
            let mut chunk = self.source.by_ref().take(CHUNK as u64);
            // An error of the input is told from one that flate2 makes by being ours.
            chunk.read_to_end(&mut self.chunk).map_err(reading)?;
        }
        Ok(&self.chunk[self.taken..])
    }

    fn consume(&mut self, count: usize) {
        self.taken += count;
        self.position += count as u64;
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
