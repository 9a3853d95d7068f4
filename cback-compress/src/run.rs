//! What the command line asks for.

use std::io;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStringExt;

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::cli::Cli;
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
    result.map_err(Into::into)
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

fn filter(cli: Cli, progress: &Progress) -> Result<(), Error> {
    let input = progress.count(stdio::input().map_err(Error::Read)?);
    let threads = cli.threads.map(usize::from).and_then(NonZeroUsize::new);
    if cli.test {
        return decompress(input, &mut progress.count(io::sink()), threads);
    }
    let output = stdio::output().map_err(Error::Write)?;
    let mut counted = progress.count(&output);
    if cli.decompress {
        return decompress(input, &mut counted, threads);
    }
    let options = Options {
        mode: cli.mode,
        level: cli.level.number(),
        threads,
        seal: cli.seal.unwrap_or_default().into_vec(),
    };
    compress(input, &mut counted, &options)?;
    if cli.fsync {
        stdio::sync(&output).map_err(Error::Write)?;
    }
    Ok(())
}
