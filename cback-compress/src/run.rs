//! What the command line asks for.

use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::cli::Cli;
use crate::file::{self, Output};
use crate::progress::Progress;
use crate::{Error, Options, compress, decompress, stdio};

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
    let input = match &cli.input {
        Some(path) => file::input(path).with_context(|| path.display().to_string())?,
        None => stdio::input().map_err(Error::Read)?,
    };
    let input = progress.count(input);
    let threads = cli.threads.map(usize::from).and_then(NonZeroUsize::new);
    if cli.test {
        return Ok(decompress(input, &mut progress.count(io::sink()), threads)?);
    }
    if cli.decompress {
        let output = stdio::output().map_err(Error::Write)?;
        return Ok(decompress(input, &mut progress.count(&output), threads)?);
    }
    let options = Options {
        mode: cli.mode,
        level: cli.level.number(),
        threads,
        seal: cli.seal.unwrap_or_default().into_vec(),
    };
    if let Some(path) = cli.output {
        let name = path.display().to_string();
        return write_file(&path, cli.owner, |output| {
            compress(input, &mut progress.count(output), &options)
        })
        .context(name);
    }
    let output = stdio::output().map_err(Error::Write)?;
    compress(input, &mut progress.count(&output), &options)?;
    if cli.fsync {
        stdio::sync(&output).map_err(Error::Write)?;
    }
    Ok(())
}

/// Has `write` write the file, and publishes it if all went well.
fn write_file(
    path: &Path,
    owner: Option<(u32, u32)>,
    write: impl FnOnce(&File) -> Result<(), Error>,
) -> anyhow::Result<()> {
    let output = Output::create(path, owner)?;
    match write(output.file()) {
        // Its words are those of standard output.
        Err(Error::Write(error)) => return Err(error.into()),
        written => written?,
    }
    Ok(output.publish()?)
}
