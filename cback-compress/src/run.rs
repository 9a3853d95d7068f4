//! The work that the command line asks for.

use std::fs::{self, File};
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
use crate::report::{Report, Reported};
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

/// Says what went wrong; nothing where whoever reads the output has gone away, or knows it.
pub fn complain(error: &anyhow::Error) {
    let cause = error.root_cause();
    let cause_of_io = cause.downcast_ref::<io::Error>();
    let is_broken = cause_of_io.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe);
    if !is_broken && !cause.is::<Reported>() {
        stdio::say(&format!("{error:#}"));
    }
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
    let input = progress.of_input(input);
    let digest = Digest::new(cli.digest.is_some() || cli.report.is_some());
    let options = Options {
        mode: cli.mode,
        level: cli.level.number(),
        threads: cli.threads.map(usize::from).and_then(NonZeroUsize::new),
        seal: cli.seal.unwrap_or_default().into_vec(),
    };
    let convert = |output: &mut dyn Write| {
        let output = &mut progress.of_output(output);
        if cli.decompress || cli.test {
            return decompress(digest.of(input), output, options.threads);
        }
        compress(input, &mut digest.of(output), &options)
    };
    let write_digest = || match &cli.digest {
        Some(path) => fs::write(path, digest.hexadecimal() + "\n").with_context(|| shown(path)),
        None => Ok(()),
    };
    let named = |error| with_names(error, &name);
    if let Some(path) = cli.output {
        let report = Report::begin(cli.report)?;
        let write = |mut file: &File| {
            convert(&mut file).map_err(|error| match error {
                Error::Write(error) => error.into(),
                error => named(error),
            })?;
            write_digest()?;
            Ok(digest.hexadecimal())
        };
        let written = write_file(&path, cli.owner, &report, write);
        let reported = written.or_else(|error| report.failed(&path, error));
        return reported.with_context(|| shown(&path));
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
    write_digest()
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

/// Has `write` write the file, of which it returns the digest, and publishes it if all went well.
fn write_file(
    path: &Path,
    owner: Option<(u32, u32)>,
    report: &Report,
    write: impl FnOnce(&File) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let output = Output::create(path, owner)?;
    let digest = write(output.file())?;
    let bytes = output.file().metadata()?.len();
    let shrunk = output.shrunk();
    if let Some(old) = shrunk {
        let path = shown(path);
        complain(&anyhow!("{path}: warning: {bytes} bytes in place of {old}"));
    }
    output.publish()?;
    report.published(path, &digest, bytes, shrunk.is_some())
}

/// A script may have reached the directory as `/proc/self/fd/9`, which tells nobody anything.
fn shown(path: &Path) -> String {
    let directory = path.parent().and_then(|it| it.canonicalize().ok());
    let name = path.file_name().unwrap_or_default();
    let path = directory.map_or_else(|| path.to_owned(), |it| it.join(name));
    path.display().to_string()
}
