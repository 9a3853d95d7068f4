//! The file that a configuration is read from.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open};
use rustix::process::{getegid, geteuid, getgroups};

use crate::document::Document;
use crate::fault::{Fault, printable};
use crate::output::quote;
use crate::reader::{self, LARGEST};

/// A configuration's bytes.
pub(crate) struct Source {
    /// How messages name it.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Nothing is known of what comes by a pipe.
    metadata: Option<Metadata>,
}

impl Source {
    /// Reads a file, or standard input if there is none or it is called `-`.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, Fault> {
        let file = file.filter(|file| file.as_os_str() != "-");
        let name = file.map_or("standard input".into(), Path::to_string_lossy);
        let mut source = Self {
            name: printable(&name),
            bytes: Vec::new(),
            metadata: None,
        };
        source.fill(file).map_err(|error| {
            let hint = "cback-pgconf --help shows a whole configuration";
            let is_missing = error.kind() == ErrorKind::NotFound;
            let fault = Fault::new(error.to_string()).hint_if(is_missing.then_some(hint));
            fault.of(&source.name, "")
        })?;
        Ok(source)
    }

    fn fill(&mut self, file: Option<&Path>) -> io::Result<()> {
        let input = match file {
            // A FIFO that nobody writes to is an empty file, instead of one that is waited for.
            Some(path) => open(path, OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?,
            // The standard library's own reading ends at once where standard input cannot be read.
            None => io::stdin().as_fd().try_clone_to_owned()?,
        };
        // But a pipe's writer is waited for, also where standard input came without blocking.
        fcntl_setfl(&input, fcntl_getfl(&input)? & !OFlags::NONBLOCK)?;
        let input = File::from(input);
        if file.is_some() {
            self.metadata = Some(input.metadata()?).filter(Metadata::is_file);
        }
        // One byte more than is ever accepted tells that there is too much.
        let mut input = input.take(LARGEST as u64 + 1);
        input.read_to_end(&mut self.bytes).map(drop)
    }

    /// The result of `work` on the document. A fault of either is told with the file's name.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&Document) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let document = reader::read(&self.bytes);
        let done = document.and_then(|document| work(&document));
        done.map_err(|fault| fault.of(&self.name, ""))
    }

    /// Warnings of what others than its owner may do with the file, and should not.
    ///
    /// Whoever has to read it may do so by its group, or as anybody: no hint may take that away unseen.
    pub(crate) fn rights(&self) -> Vec<Fault> {
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
        let file = quote(self.name.as_bytes());
        let file = String::from_utf8_lossy(&file);
        let fault = |(_, cause, hint)| {
            let fault = Fault::new(format!("{cause} (mode {mode:04o})"));
            fault.hint(format!("{hint} {file}"))
        };
        let found = found.into_iter().filter(|(is_so, ..)| *is_so);
        found.map(fault).collect()
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
