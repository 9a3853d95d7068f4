//! `--report`: what becomes of a file, for a script that reads it on a pipe.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context;

use crate::stdio::{self, Stream};

/// A line before the file has its name, and one after it; or nothing at all.
pub(crate) struct Report {
    output: Option<Stream>,
    begun: SystemTime,
}

/// A failure that was reported, so that nothing else has to be said.
#[derive(Debug, thiserror::Error)]
#[error("reported")]
pub(crate) struct Reported;

impl Report {
    /// The time counts from now. Nothing is reported unless it is `wanted`.
    pub(crate) fn begin(wanted: bool) -> anyhow::Result<Self> {
        let output = wanted.then(stdio::output).transpose();
        Ok(Self {
            output: output.context("standard output")?,
            begun: SystemTime::now(),
        })
    }

    /// The file at `path` is whole, and about to have its name.
    pub(crate) fn publishing(&self, path: &Path, digest: &str) -> anyhow::Result<()> {
        let name = path.file_name().unwrap_or_default().as_bytes();
        let begun = humantime::format_rfc3339_seconds(self.begun).to_string();
        self.write(&[begun.as_bytes(), b" ", &sha256sum(name, digest)].concat())
    }

    /// The file has its name.
    pub(crate) fn published(&self, bytes: u64, has_shrunk: bool) -> anyhow::Result<()> {
        let seconds = self.begun.elapsed().unwrap_or_default().as_secs();
        let size = if has_shrunk { "shrunk" } else { "-" };
        self.write(format!("{seconds} {bytes} {size}").as_bytes())
    }

    /// The seal is missing, of which the input's writer knows the cause.
    ///
    /// # Errors
    /// [`Reported`], where anything is.
    pub(crate) fn unsealed(&self) -> anyhow::Result<()> {
        self.write(b"unsealed")?;
        Ok(self.output.as_ref().map_or(Ok(()), |_| Err(Reported))?)
    }

    fn write(&self, line: &[u8]) -> anyhow::Result<()> {
        let Some(mut output) = self.output.as_ref() else {
            return Ok(());
        };
        let written = output.write_all(&[line, b"\n"].concat());
        written.context("standard output")
    }
}

/// A line as GNU's sha256sum writes it: it begins with a backslash where the name has something escaped.
fn sha256sum(name: &[u8], digest: &str) -> Vec<u8> {
    let escaped: Vec<_> = name
        .iter()
        .flat_map(|byte| match byte {
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            byte => std::slice::from_ref(byte),
        })
        .copied()
        .collect();
    let mark: &[u8] = if escaped.len() > name.len() {
        b"\\"
    } else {
        b""
    };
    [mark, digest.as_bytes(), b"  ", &escaped].concat()
}
