//! The work that the command line asks for.

use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::cli::Cli;
use crate::codec::{Options, compress, decompress};
use crate::digest::Digest;
use crate::error::Error;
use crate::file::{self, Output};
use crate::progress::Progress;
use crate::stdio::{self, Stream};

/// Does what the command line says.
///
/// # Errors
/// [`Error`]s, and one where the process that `--die-with` names is not the parent.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    if let Some(parent) = cli.die_with {
        die_with(parent).with_context(|| format!("--die-with {parent}"))?;
    }
    let progress = Progress::new(cli.progress);
    let result = filter(cli, &progress);
    progress.finish();
    result
}

/// Asks the kernel to kill this process when its parent ends, which must be `parent`.
///
/// Asked first and compared then: a parent that ends in between is noticed either way.
fn die_with(parent: i32) -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let is_parent = Pid::as_raw(getppid()) == parent;
    ensure!(
        is_parent,
        "the parent process is not {parent}, or has ended"
    );
    Ok(())
}

fn filter(cli: Cli, progress: &Progress) -> anyhow::Result<()> {
    let (input, name) = open_input(cli.input.as_deref())?;
    let input = progress.count(input);
    let digest = Digest::new(cli.digest);
    let options = Options {
        mode: cli.mode,
        level: cli.level.number(),
        threads: cli.threads.map(usize::from).and_then(NonZeroUsize::new),
        seal: cli.seal.unwrap_or_default().into_vec(),
    };
    let convert = |output: &mut dyn Write| {
        let output = &mut progress.count(output);
        if cli.decompress || cli.test {
            return decompress(digest.of(input), output, options.threads);
        }
        compress(input, &mut digest.of(output), &options)
    };
    let named = |error| with_names(error, &name);
    if let Some(path) = cli.output {
        let written = write_file(&path, cli.owner, |mut file| {
            convert(&mut file).map_err(|error| match error {
                Error::Write(error) => error.into(),
                error => named(error),
            })?;
            digest.write()
        });
        return written.with_context(|| path.display().to_string());
    }
    if cli.test {
        convert(&mut io::sink()).map_err(named)?;
    } else {
        let output = stdio::output().context("standard output")?;
        convert(&mut &output).map_err(named)?;
        if cli.fsync {
            output.sync().context("standard output")?;
        }
    }
    digest.write()
}

/// The input, and what messages call it.
fn open_input(path: Option<&Path>) -> anyhow::Result<(Stream, String)> {
    let (input, name) = match path {
        Some(path) => (
            file::input(path).map(Stream::from),
            path.display().to_string(),
        ),
        None => (stdio::input(), "standard input".to_owned()),
    };
    Ok((input.with_context(|| name.clone())?, name))
}

/// Names what the library calls the input and the output.
fn with_names(error: Error, input: &str) -> anyhow::Error {
    match error {
        Error::Read(error) => anyhow::Error::from(error).context(input.to_owned()),
        Error::Write(error) => anyhow::Error::from(error).context("standard output"),
        Error::Empty => anyhow!("{input} is empty: it ought to be gzip or bzip2 data"),
        Error::Damaged { byte, what } => anyhow!("{input}, byte {byte}: {what}"),
        other => other.into(),
    }
}

/// Has `write` write the file, and publishes it if all went well.
fn write_file(
    path: &Path,
    owner: Option<(u32, u32)>,
    write: impl FnOnce(&File) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let output = Output::create(path, owner)?;
    write(output.file())?;
    if let Some((new, old)) = output.shrunk() {
        let path = path.display();
        stdio::complain(&anyhow!("{path}: warning: {new} bytes in place of {old}"));
    }
    Ok(output.publish()?)
}
