//! The parts of a dump for psql to run, as steps in a file: most say which bytes to copy, so that the second reading of a
//! dump is little more than a copy. The psql that gets them commits only after all bytes of the dump, to its
//! last, have been found to be those that were checked.
//!
//! The first line has the dump's length and digest. Then a line a step: `copy START END`,
//! `transactions START END` (the same, but not inside of one transaction), `text LENGTH` and the bytes;
//! `transaction` and `commit`, for one transaction; `verify`.

use crate::check::{Contents, Digested, Section};
use crate::error::Error;
use anyhow::{Context, bail, ensure};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::path::Path;

/// Writes steps.
pub(crate) struct Steps<'a>(&'a mut dyn Write);

impl<'a> Steps<'a> {
    pub(crate) fn begin(contents: &Contents, output: &'a mut dyn Write) -> io::Result<Self> {
        writeln!(output, "{}", identity(contents.bytes, contents.digest))?;
        Ok(Self(output))
    }

    pub(crate) fn text(&mut self, text: &[u8]) -> io::Result<()> {
        writeln!(self.0, "text {}", text.len())?;
        self.0.write_all(text)
    }

    /// The section without what is left out.
    pub(crate) fn body(&mut self, section: &Section) -> io::Result<()> {
        let Range { mut start, end } = section.place;
        for cut in &section.cuts {
            self.copy("copy", start..cut.place.start)?;
            if cut.is_transactions {
                self.copy("transactions", cut.place.clone())?;
            }
            start = cut.place.end;
        }
        self.copy("copy", start..end)
    }

    fn copy(&mut self, step: &str, place: Range<u64>) -> io::Result<()> {
        writeln!(self.0, "{step} {} {}", place.start, place.end)
    }

    /// `transaction`, `commit`, or `verify`, after which nothing is done for a dump that is another.
    pub(crate) fn step(&mut self, step: &str) -> io::Result<()> {
        writeln!(self.0, "{step}")
    }
}

fn identity(bytes: u64, digest: u128) -> String {
    format!("{bytes} {digest:032x}")
}

/// A buffer for copies.
const BUFFER: usize = 128 << 10;

const BEGIN: &[u8] = b"BEGIN;\n";
const COMMIT: &[u8] = b"COMMIT;\n";
const CHANGED: &str = "the dump has changed since it was checked";

/// Writes what the steps in `file` say of the dump on `input`; if `is_one`, each database in one transaction.
///
/// # Errors
///
/// The dump is not the one that was checked, or something cannot be read or written.
pub(crate) fn run(
    file: &Path,
    is_one: bool,
    input: impl Read,
    output: &File,
) -> anyhow::Result<()> {
    let name = file.display();
    let mut steps = BufReader::new(File::open(file).with_context(|| name.to_string())?);
    let mut dump = Dump {
        input: BufReader::with_capacity(BUFFER, Digested::new(input)),
        place: 0,
    };
    let mut output = BufWriter::new(output);
    let checked = line(&mut steps)?;
    loop {
        let step = line(&mut steps)?;
        let mut words = step.split(' ');
        let verb = words.next().unwrap_or_default();
        let numbers: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        match (verb, &numbers[..]) {
            ("", []) => break,
            ("text", [length]) => {
                let mut text = Vec::new();
                (&mut steps).take(*length).read_to_end(&mut text)?;
                output.write_all(&text).map_err(Error::Write)?;
            }
            ("verify", []) => ensure!(dump.identity()? == checked, CHANGED),
            ("transaction", []) if is_one => output.write_all(BEGIN).map_err(Error::Write)?,
            ("commit", []) if is_one => output.write_all(COMMIT).map_err(Error::Write)?,
            ("transactions", _) if is_one => {}
            ("transaction" | "commit", []) => {}
            ("copy" | "transactions", [start, end]) => dump.copy(*start..*end, &mut output)?,
            _ => bail!("{name}: no step of a plan"),
        }
    }
    Ok(output.flush().map_err(Error::Write)?)
}

/// The next line; empty at the end.
fn line(steps: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    steps.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

struct Dump<R> {
    input: BufReader<Digested<R>>,
    place: u64,
}

impl<R: Read> Dump<R> {
    /// Copies these bytes; there may be fewer.
    fn copy(&mut self, place: Range<u64>, output: &mut impl Write) -> anyhow::Result<()> {
        self.advance(place.start, &mut io::sink())?;
        self.advance(place.end, output)
    }

    fn advance(&mut self, place: u64, output: &mut impl Write) -> anyhow::Result<()> {
        while self.place < place {
            let piece = self.input.fill_buf().context("standard input")?;
            if piece.is_empty() {
                break;
            }
            let wanted = usize::try_from(place - self.place).unwrap_or(usize::MAX);
            let length = piece.len().min(wanted);
            output.write_all(&piece[..length]).map_err(Error::Write)?;
            self.input.consume(length);
            self.place += length as u64;
        }
        Ok(())
    }

    /// The whole dump's, to its end.
    fn identity(&mut self) -> anyhow::Result<String> {
        self.advance(u64::MAX, &mut io::sink())?;
        Ok(identity(self.place, self.input.get_ref().digest()))
    }
}
