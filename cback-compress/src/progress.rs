//! Bytes in, bytes out and the rate, on standard error while it works.

use std::io::{self, IsTerminal, Read, Write};

use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};

/// A line on standard error, or nothing at all.
#[derive(Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows nothing unless `wanted`, and somebody is looking.
    pub(crate) fn new(wanted: bool) -> Self {
        if !wanted || !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = "{decimal_bytes} in, {msg} out, {decimal_bytes_per_sec}, {elapsed}";
        let style = ProgressStyle::with_template(style);
        let line = ProgressBar::no_length();
        Self(line.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())))
    }

    /// Counts what is read.
    pub(crate) fn reading<R>(&self, stream: R) -> Counted<R> {
        Counted {
            stream,
            count: 0,
            line: self.clone(),
        }
    }

    /// Counts what is written.
    pub(crate) fn writing<W>(&self, stream: W) -> Counted<W> {
        self.reading(stream)
    }

    /// Leaves the last figures on the screen.
    pub(crate) fn finish(&self) {
        self.0.abandon();
    }
}

/// A stream whose bytes are counted.
pub(crate) struct Counted<S> {
    stream: S,
    count: u64,
    line: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.line.0.inc(count as u64);
        Ok(count)
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.count += count as u64;
        if !self.line.0.is_hidden() {
            self.line
                .0
                .set_message(DecimalBytes(self.count).to_string());
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
