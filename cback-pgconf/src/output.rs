//! Standard output, where nothing may be lost in silence, and the assignments for a shell.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, major, minor};

use crate::config::{CompressMode, Settings};
use crate::fault::Fault;
use crate::files::Files;

/// Prints a command's result.
pub(crate) fn print(bytes: &[u8]) -> Result<ExitCode, Fault> {
    written(|| io::stdout().write_all(bytes))
}

/// Prints clap's own words: help and the version on standard output, wrong usage on standard error.
///
/// # Errors
///
/// Standard output is full or closed.
pub fn show(words: &clap::Error) -> Result<ExitCode, Fault> {
    if words.use_stderr() {
        let _ = words.print();
        return Ok(ExitCode::from(2));
    }
    written(|| words.print())
}

fn written(write: impl FnOnce() -> io::Result<()>) -> Result<ExitCode, Fault> {
    let written = refuse_closed().and_then(|()| write());
    match written.and_then(|()| io::stdout().flush()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // A reader that went away knows it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::FAILURE),
        Err(error) => Err(Fault::new(format!("standard output: {error}"))),
    }
}

/// In place of a descriptor that was closed the standard library opens `/dev/null` for reading and
/// writing, which a shell's `>` never does.
fn refuse_closed() -> io::Result<()> {
    let stat = fstat(io::stdout())?;
    let is_null = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (major(stat.st_rdev), minor(stat.st_rdev)) == (1, 3);
    if is_null && fcntl_getfl(io::stdout())? & OFlags::RWMODE == OFlags::RDWR {
        let cause =
            "closed (or /dev/null opened for reading as well as writing, which looks the same)";
        return Err(io::Error::other(cause));
    }
    Ok(())
}

/// POSIX assignments, one a line; `listed` are the databases of the server, if these are known.
pub(crate) fn shell(
    settings: &Settings,
    section_only: bool,
    listed: Option<&[Vec<u8>]>,
) -> Vec<u8> {
    let section = settings.postgresql.clone().unwrap_or_default();
    let files = Files::of(&section, listed);
    let around = [
        ("collect_dir", settings.collect_dir.as_deref()),
        ("backup_user", settings.backup_user.as_deref()),
        ("backup_group", settings.backup_group.as_deref()),
        ("pg_dump", settings.pg_dump.as_deref()),
        ("pg_dumpall", settings.pg_dumpall.as_deref()),
    ];
    let within = [
        ("user", section.user.as_deref()),
        (
            "compress_mode",
            section.compress_mode.map(CompressMode::as_str),
        ),
        ("all", Some(flag(section.all))),
        ("separate", Some(flag(section.separate))),
        ("globals", Some(flag(section.globals))),
    ];
    let around = around.into_iter().filter(|_| !section_only);
    let values = around.chain(within);
    let values = values.map(|(name, value)| assignment(name, value.unwrap_or_default().as_bytes()));
    let mut text = values.collect::<Vec<_>>().concat();
    text.extend(parameters(files.databases.iter().map(|(name, _)| &**name)));
    if section_only {
        return text;
    }
    for (name, file) in [("file_all", files.all), ("file_globals", files.globals)] {
        text.extend(assignment(name, &file.unwrap_or_default()));
    }
    let mut databases = HashMap::new();
    for (_, file) in &files.databases {
        *databases.entry(file).or_insert(0) += 1;
    }
    for (number, (_, file)) in (1..).zip(&files.databases) {
        // Two dumps into one file at a time would leave nobody knowing which of them it is.
        let file = if databases[file] > 1 { &[] } else { &**file };
        text.extend(assignment(&format!("file_{number}"), file));
    }
    text
}

/// Has a shell's positional parameters be these.
pub(crate) fn parameters<'v>(values: impl Iterator<Item = &'v [u8]>) -> Vec<u8> {
    let quoted: Vec<_> = values
        .map(|value| [b" ", &*quote(value)].concat())
        .collect();
    [b"set --", &*quoted.concat(), b"\n"].concat()
}

pub(crate) fn assignment(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"=", &quote(value), b"\n"].concat()
}

/// As Cedar Backup writes what is or is not.
pub(crate) fn flag(is_set: bool) -> &'static str {
    if is_set { "Y" } else { "N" }
}

/// Between single quotes nothing means anything to a shell but the next single quote.
pub(crate) fn quote(value: &[u8]) -> Vec<u8> {
    let pieces: Vec<_> = value.split(|&byte| byte == b'\'').collect();
    [b"'", &*pieces.join(&br"'\''"[..]), b"'"].concat()
}
