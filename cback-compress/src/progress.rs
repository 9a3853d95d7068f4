//! Bytes in and out, what share the one is of the other, the rate and the time, on standard error
//! while it works.

use std::io::{self, IsTerminal, Read, Write};

use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};

const LINE: &str = "{decimal_bytes} in, {msg}, {decimal_bytes_per_sec}, {elapsed}";

/// A line on standard error, or nothing at all.
#[derive(Clone)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows nothing unless `wanted`, and somebody is looking.
    pub(crate) fn new(wanted: bool) -> Self {
        if !wanted || !io::stderr().is_terminal() {
            return Self(None);
        }
        let style = ProgressStyle::with_template(LINE).ok();
        let line = ProgressBar::no_length().with_message(bytes_out(0, 0));
        Self(style.map(|style| line.with_style(style)))
    }

    /// Counts what is read from or written to `stream`.
    pub(crate) fn count<S>(&self, stream: S) -> Counted<S> {
        Counted {
            stream,
            count: 0,
            line: self.0.clone(),
        }
    }

    /// Leaves the last figures on the screen, on a line of their own.
    pub(crate) fn finish(&self) {
        if let Some(line) = &self.0 {
            line.abandon();
            let _ = io::stderr().write_all(b"\n");
        }
    }
}

/// A stream whose bytes are counted.
pub(crate) struct Counted<S> {
    stream: S,
    count: u64,
    line: Option<ProgressBar>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        if let Some(line) = &self.line {
            line.inc(count as u64);
        }
        Ok(count)
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        if let Some(line) = &self.line {
            self.count += count as u64;
            line.set_message(bytes_out(self.count, line.position()));
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[allow(clippy::cast_precision_loss)] // nobody looks at the fifteenth digit
fn bytes_out(count: u64, of: u64) -> String {
    let share = 100.0 * count as f64 / of.max(1) as f64;
    format!("{} out ({share:.1} %)", DecimalBytes(count))
}
