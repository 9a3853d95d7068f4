//! Standard output, where nothing may be lost in silence, and the assignments for a shell.

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

/// POSIX assignments, one a line.
pub(crate) fn shell(settings: &Settings, section_only: bool) -> String {
    let section = settings.postgresql.clone().unwrap_or_default();
    let assign =
        |name: &str, value: Option<&str>| format!("{name}={}\n", quote(value.unwrap_or_default()));
    let databases = section.databases.iter().flatten();
    let databases: Vec<_> = databases
        .map(|name| " ".to_owned() + &quote(name))
        .collect();
    let values = [
        assign("user", section.user.as_deref()),
        assign(
            "compress_mode",
            section.compress_mode.map(CompressMode::as_str),
        ),
        assign("all", Some(flag(section.all))),
        assign("globals", Some(flag(section.globals))),
        format!("set --{}\n", databases.concat()),
    ];
    if section_only {
        return values.concat();
    }
    let around = [
        assign("collect_dir", settings.collect_dir.as_deref()),
        assign("backup_user", settings.backup_user.as_deref()),
        assign("backup_group", settings.backup_group.as_deref()),
        assign("pg_dump", settings.pg_dump.as_deref()),
        assign("pg_dumpall", settings.pg_dumpall.as_deref()),
    ];
    let files = Files::of(&section);
    let mut text = around.concat() + &values.concat();
    text += &assign("all_file", files.all.as_deref());
    text += &assign("globals_file", files.globals.as_deref());
    for (index, file) in files.databases.iter().enumerate() {
        text += &assign(&format!("file_{}", index + 1), Some(file));
    }
    text
}

/// As Cedar Backup writes what is or is not.
pub(crate) fn flag(is_set: bool) -> &'static str {
    if is_set { "Y" } else { "N" }
}

/// Between single quotes nothing means anything to a shell but the next single quote.
pub(crate) fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}
