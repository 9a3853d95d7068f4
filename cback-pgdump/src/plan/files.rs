//! The files of a plan, and what stands in several of them.

use crate::check::{Contents, literal};
use anyhow::Context;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub(super) type Names<'a> = BTreeSet<&'a [u8]>;

/// Creates a file of a plan.
///
/// # Errors
///
/// They name it.
pub(crate) fn create(directory: &Path, name: &str) -> anyhow::Result<BufWriter<File>> {
    let path = directory.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let file = options.open(&path).map(BufWriter::new);
    file.with_context(|| path.display().to_string())
}

/// The directory, of which the errors name each file.
pub(super) struct Plan<'a> {
    pub(super) directory: &'a Path,
    pub(super) encoding: &'a str,
}

impl Plan<'_> {
    pub(super) fn file(
        &self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let mut file = create(self.directory, name)?;
        let written = write(&mut file).and_then(|()| file.flush());
        written.with_context(|| self.directory.join(name).display().to_string())
    }

    /// SQL, in the dump's encoding.
    pub(super) fn sql(
        &self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        self.file(name, |sql| {
            encoding(self.encoding, sql)?;
            write(sql)
        })
    }

    pub(super) fn names<T: AsRef<[u8]>>(
        &self,
        file: &str,
        names: impl IntoIterator<Item = T>,
    ) -> anyhow::Result<()> {
        self.file(file, |output| {
            let mut names = names.into_iter();
            names.try_for_each(|name| output.write_all(&[name.as_ref(), b"\0"].concat()))
        })
    }
}

/// `\restrict` or `\unrestrict`, if psql is to take no command between them.
pub(super) fn restrict(word: &str, contents: &Contents) -> Vec<u8> {
    let key = contents.restricted.as_ref();
    key.map_or_else(Vec::new, |key| {
        [b"\\", word.as_bytes(), b" ", key, b"\n"].concat()
    })
}

/// `SET client_encoding`, where it is known.
pub(super) fn encoding(encoding: &str, sql: &mut dyn Write) -> io::Result<()> {
    if encoding.is_empty() {
        return Ok(());
    }
    let encoding = literal(encoding.as_bytes());
    sql.write_all(&[b"SET client_encoding = ", &encoding[..], b";\n"].concat())
}
