//! Bytes in and out, what share the one is of the other, the rate and the time, on standard error
//! while it works.

use std::io::{self, IsTerminal, Write};

use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};

use crate::tap::Tap;

const LINE: &str = "{decimal_bytes} in, {msg}, {decimal_bytes_per_sec}, {elapsed}";

/// A line on standard error, or nothing at all.
#[derive(Clone)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows nothing unless `wanted`, and standard error is a terminal.
    pub(crate) fn new(wanted: bool) -> Self {
        if !wanted || !io::stderr().is_terminal() {
            return Self(None);
        }
        let style = ProgressStyle::with_template(LINE).ok();
        let line = ProgressBar::no_length().with_message(bytes_out(0, 0));
        Self(style.map(|style| line.with_style(style)))
    }

    /// Counts what is read from `stream`.
    pub(crate) fn of_input<S>(&self, stream: S) -> Tap<S, impl FnMut(&[u8]) + Send + use<S>> {
        let line = self.0.clone();
        let tap = move |bytes: &[u8]| {
            if let Some(line) = &line {
                line.inc(bytes.len() as u64);
            }
        };
        Tap { stream, tap }
    }

    /// Counts what is written to `stream`.
    pub(crate) fn of_output<S>(&self, stream: S) -> Tap<S, impl FnMut(&[u8]) + use<S>> {
        let line = self.0.clone();
        let mut count = 0;
        let tap = move |bytes: &[u8]| {
            if let Some(line) = &line {
                count += bytes.len() as u64;
                line.set_message(bytes_out(count, line.position()));
            }
        };
        Tap { stream, tap }
    }

    /// Leaves the last figures on the screen, on a line of their own.
    pub(crate) fn finish(&self) {
        if let Some(line) = &self.0 {
            line.abandon();
            let _ = io::stderr().write_all(b"\n");
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "one digit of the share is shown"
)]
fn bytes_out(count: u64, of: u64) -> String {
    let share = 100.0 * count as f64 / of.max(1) as f64;
    format!("{} out ({share:.1} %)", DecimalBytes(count))
}
