//! The file that a configuration is read from.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::process::{getegid, geteuid, getgroups};

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
        let name = file.map_or("standard input".into(), |file| {
            printable(&file.to_string_lossy())
        });
        let mut source = Self {
            name,
            bytes: Vec::new(),
            metadata: None,
        };
        match source.fill(file) {
            Ok(()) => Ok(source),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let hint = Some("cback-pgconf --help shows a whole configuration".into());
                Err(Advised {
                    cause: format!("{}: {error}", source.name),
                    hint,
                }
                .into())
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
        input
            .take(LARGEST as u64 + 1)
            .read_to_end(&mut self.bytes)
            .map(drop)
    }

    pub(crate) fn at_fault(&self, fault: Fault) -> anyhow::Error {
        Advised::in_file(&self.name, fault).into()
    }

    /// The fault as a warning.
    pub(crate) fn warning(&self, fault: Fault) -> Advised {
        let cause = format!("{}:{}: warning: {}", self.name, fault.position, fault.cause);
        Advised {
            cause,
            hint: fault.hint,
        }
    }

    /// What others than its owner may do with the file, and should not.
    pub(crate) fn rights(&self) -> Vec<Advised> {
        let Some(metadata) = &self.metadata else {
            return Vec::new();
        };
        let mut groups = getgroups().unwrap_or_default();
        groups.push(getegid());
        let is_in_group = groups.iter().any(|group| group.as_raw() == metadata.gid());
        let caller = geteuid().as_raw();
        let reads_by_group = caller != 0 && caller != metadata.uid() && is_in_group;
        let advised = |(cause, hint): (&str, String)| {
            let cause = format!(
                "{}: warning: {cause} (mode {:04o})",
                self.name,
                metadata.mode() & 0o7777
            );
            Advised {
                cause,
                hint: Some(hint),
            }
        };
        let file = quote(&self.name);
        rights(metadata.mode(), reads_by_group, &file)
            .into_iter()
            .map(advised)
            .collect()
    }
}

/// Causes and hints. Whoever has to read the file may do so by its group, or as anybody: a hint must
/// not take that away unseen.
fn rights(mode: u32, reads_by_group: bool, file: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    match mode & 0o022 {
        0 => {}
        0o020 => found.push((
            "can be written by its group, and names programs to run",
            format!("chmod g-w {file}"),
        )),
        _ => found.push((
            "can be written by others, and names programs to run",
            format!("chmod go-w {file}"),
        )),
    }
    if mode & 0o004 != 0 {
        found.push((
            "can be read by everybody",
            format!("let its readers own it or be in its group, then chmod o-r {file}"),
        ));
    } else if mode & 0o040 != 0 && !reads_by_group {
        found.push((
            "can be read by its group",
            format!("unless the group has to read it, chmod g-r {file}"),
        ));
    }
    found
}
