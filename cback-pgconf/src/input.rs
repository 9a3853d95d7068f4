//! The file that a configuration is read from.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::process::{getegid, geteuid, getgroups};

use crate::document::Document;
use crate::error::Advised;
use crate::fault::{Fault, printable};
use crate::output::quote;
use crate::reader::LARGEST;
use crate::stdio;

/// A configuration's bytes.
pub(crate) struct Source {
    /// How messages name it.
    name: String,
    pub(crate) bytes: Vec<u8>,
    /// Nothing is known of what comes by a pipe.
    metadata: Option<Metadata>,
}

impl Source {
    /// Reads a file, or standard input if there is none or it is called `-`.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self> {
        let file = file.filter(|file| file.as_os_str() != "-");
        let name = file.map_or("standard input".into(), Path::to_string_lossy);
        let mut source = Self {
            name: printable(&name),
            bytes: Vec::new(),
            metadata: None,
        };
        match source.fill(file) {
            Ok(()) => Ok(source),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let cause = format!("{}: {error}", source.name);
                let hint = Some("cback-pgconf --help shows a whole configuration".into());
                Err(Advised { cause, hint }.into())
            }
            Err(error) => Err(error).context(source.name),
        }
    }

    fn fill(&mut self, file: Option<&Path>) -> io::Result<()> {
        let input = file.map_or_else(stdio::input, File::open)?;
        if file.is_some() {
            self.metadata = Some(input.metadata()?).filter(Metadata::is_file);
        }
        // One byte more than is ever accepted tells that there is too much.
        let mut input = input.take(LARGEST as u64 + 1);
        input.read_to_end(&mut self.bytes).map(drop)
    }

    /// What `work` makes of the document. What is wrong with that is told with the file's name.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Document) -> Result<T, Fault>) -> Result<T> {
        let document = Document::read(&self.bytes);
        let done = document.and_then(|document| work(&document));
        done.map_err(|fault| self.advised("", fault).into())
    }

    /// The fault with the file's name, as a `warning: ` or an error.
    pub(crate) fn advised(&self, warning: &str, fault: Fault) -> Advised {
        let cause = format!("{}:{}: {warning}{}", self.name, fault.position, fault.cause);
        Advised {
            cause,
            hint: fault.hint,
        }
    }

    /// What others than its owner may do with the file, and should not.
    ///
    /// Whoever has to read it may do so by its group, or as anybody: no hint may take that away unseen.
    pub(crate) fn rights(&self) -> Vec<Advised> {
        let Some(metadata) = &self.metadata else {
            return Vec::new();
        };
        let mode = metadata.mode() & 0o7777;
        let is_open_to_group = mode & 0o044 == 0o040 && !reads_by_group(metadata);
        #[rustfmt::skip]
        let found = [
            (mode & 0o022 == 0o020, "can be written by its group, and names programs to run", "chmod g-w"),
            (mode & 0o002 != 0, "can be written by others, and names programs to run", "chmod go-w"),
            (is_open_to_group, "can be read by its group", "unless the group has to read it, chmod g-r"),
            (mode & 0o004 != 0, "can be read by everybody", "let its readers own it or be in its group, then chmod o-r"),
        ];
        let (name, file) = (&self.name, quote(&self.name));
        let advised = |(_, cause, hint)| Advised {
            cause: format!("{name}: warning: {cause} (mode {mode:04o})"),
            hint: Some(format!("{hint} {file}")),
        };
        let found = found.into_iter().filter(|(is_so, ..)| *is_so);
        found.map(advised).collect()
    }
}

/// Whether we read the file only because we are in its group.
fn reads_by_group(metadata: &Metadata) -> bool {
    let mut groups = getgroups().unwrap_or_default();
    groups.push(getegid());
    let is_in_group = groups.iter().any(|group| group.as_raw() == metadata.gid());
    let caller = geteuid().as_raw();
    caller != 0 && caller != metadata.uid() && is_in_group
}
