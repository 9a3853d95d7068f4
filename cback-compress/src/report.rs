//! `--report`: what became of a file, for a script that reads it on a pipe.

use std::fs::Metadata;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context;

use crate::error::Error;
use crate::stdio::{self, Stream};

/// A line in the end; or nothing at all.
pub(crate) struct Report {
    word: Option<String>,
    output: Option<Stream>,
    begun: SystemTime,
}

/// A failure that was reported, so that nothing else has to be said.
#[derive(Debug, thiserror::Error)]
#[error("reported")]
pub(crate) struct Reported;

impl Report {
    /// The time counts from now. Nothing is reported without a word to begin with.
    pub(crate) fn begin(word: Option<String>) -> anyhow::Result<Self> {
        let output = word.is_some().then(stdio::output).transpose();
        Ok(Self {
            word,
            output: output.context("standard output")?,
            begun: SystemTime::now(),
        })
    }

    /// The file at `path`, of so many bytes, has its name.
    pub(crate) fn published(
        &self,
        path: &Path,
        digest: &str,
        bytes: u64,
        has_shrunk: bool,
    ) -> anyhow::Result<()> {
        let seconds = self.begun.elapsed().unwrap_or_default().as_secs();
        let size = if has_shrunk { "shrunk" } else { "-" };
        let begun = humantime::format_rfc3339_seconds(self.begun);
        let facts = format!("{seconds} {bytes} {size} {begun}");
        self.write(&facts, &sha256sum(path, digest))
    }

    /// The file at `path` is as it was. Of a missing seal the input's writer knows the cause.
    ///
    /// # Errors
    /// `error`, or [`Reported`] where nothing else has to be said.
    pub(crate) fn failed(&self, path: &Path, error: anyhow::Error) -> anyhow::Result<()> {
        let is_unsealed = matches!(error.downcast_ref(), Some(Error::SealMissing));
        let facts = if is_unsealed { "unsealed" } else { "failed" };
        let file = path.symlink_metadata().ok().filter(Metadata::is_file);
        let entry = file.map_or(Vec::new(), |_| sha256sum(path, "?"));
        self.write(&format!("{facts} 0 - -"), &entry)?;
        Err(match self.word {
            Some(_) if is_unsealed => Reported.into(),
            _ => error,
        })
    }

    fn write(&self, facts: &str, entry: &[u8]) -> anyhow::Result<()> {
        let (Some(word), Some(mut output)) = (&self.word, self.output.as_ref()) else {
            return Ok(());
        };
        let line = [format!("{word} {facts} ").as_bytes(), entry, b"\n"].concat();
        output.write_all(&line).context("standard output")
    }
}

/// A line as GNU's sha256sum writes it: it begins with a backslash where the name has something escaped.
fn sha256sum(path: &Path, digest: &str) -> Vec<u8> {
    let name = path.file_name().unwrap_or_default().as_bytes();
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
