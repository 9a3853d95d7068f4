//! The commands.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::cli::{Add, Cli, Command, Input, Listed};
use crate::config::{PostgresqlConfig, Settings};
use crate::fault::{Fault, Position};
use crate::files::Files;
use crate::input::Source;
use crate::local::LocalConfig;
use crate::stage::Stage;
use crate::{checks, output, reader, server};

/// A document of 1 MiB can hold a hundred thousand mistakes, and each run's log would hold them all.
const MOST_WARNINGS: usize = 100;

/// Does what the command line says.
///
/// # Errors
///
/// Whatever keeps it from that.
pub fn run(cli: Cli) -> Result<ExitCode, Fault> {
    match cli.command {
        Command::Check { strict, input } => check(strict, &input),
        Command::Shell {
            no_validate,
            listed,
            input,
        } => {
            let validated = !no_validate;
            let (_, settings) = settings(input.file.as_deref(), input.section_only, validated)?;
            let listed = names(listed.databases0_from)?;
            let listed = listed.as_deref();
            output::print(&output::shell(&settings, input.section_only, listed))
        }
        Command::Databases {
            listed,
            null,
            input,
        } => {
            let (_, settings) = settings(input.file.as_deref(), input.section_only, true)?;
            let databases = files(settings, listed)?.databases.into_iter();
            list(databases.map(|(name, _)| name), null)
        }
        Command::Files { listed, null, file } => {
            let (_, settings) = settings(file.as_deref(), false, true)?;
            let directory = settings.collect_dir.clone().unwrap_or_default();
            let directory = [directory.trim_end_matches('/').as_bytes(), b"/"].concat();
            let files = files(settings, listed)?.names();
            list(files.map(|name| [&*directory, &name].concat()), null)
        }
        Command::Forgotten {
            listed,
            backed_up0_from,
            collect_dir,
            file,
        } => {
            let (listed, backed_up) = (names(listed.databases0_from)?, names(backed_up0_from)?);
            let (source, settings) = settings(file.as_deref(), false, true)?;
            let directory = collect_dir.or(settings.collect_dir.map(PathBuf::from));
            let directory = directory.unwrap_or_default();
            let section = settings.postgresql.unwrap_or_default();
            let found = server::compare(
                &section,
                listed.as_deref(),
                backed_up.as_deref(),
                &directory,
            )?;
            for warning in found.warnings {
                warning.of(&source.name, "warning: ").tell();
            }
            let gone = found.gone.into_iter();
            list(gone.map(|number| number.to_string().into_bytes()), false)
        }
        Command::Stage { file } => {
            let source = Source::read(file.as_deref())?;
            output::print(&source.with(Stage::read)?.shell())
        }
        Command::Add(arguments) => add(arguments),
    }
}

/// The values of a configuration, perhaps without a look at whether they can be used.
fn settings(
    file: Option<&Path>,
    section_only: bool,
    validated: bool,
) -> Result<(Source, Settings), Fault> {
    let source = Source::read(file)?;
    let read = if validated {
        checks::read
    } else {
        Settings::read
    };
    let settings = source.with(|document| read(document, section_only))?;
    Ok((source, settings))
}

fn names(list: Option<PathBuf>) -> Result<Option<Vec<Vec<u8>>>, Fault> {
    list.map(|path| server::read_names(&path)).transpose()
}

fn files(settings: Settings, listed: Listed) -> Result<Files, Fault> {
    let listed = names(listed.databases0_from)?;
    let section = settings.postgresql.unwrap_or_default();
    Ok(Files::of(&section, listed.as_deref()))
}

fn check(strict: bool, input: &Input) -> Result<ExitCode, Fault> {
    let source = Source::read(input.file.as_deref())?;
    source.with(|document| {
        checks::read(document, input.section_only)?;
        let rights = source.rights();
        let placed = checks::warnings(document, input.section_only);
        let count = rights.len() + placed.len();
        let more = placed.len().saturating_sub(MOST_WARNINGS);
        let more = (more > 0).then(|| Fault::new(format!("{more} more warnings")));
        let placed = placed.into_iter().take(MOST_WARNINGS);
        let placed = placed.map(|(at, fault)| fault.at(Position::of(at, document.text)));
        for warning in rights.into_iter().chain(placed).chain(more) {
            warning.of(&source.name, "warning: ").tell();
        }
        Ok(ExitCode::from(u8::from(strict && count > 0)))
    })
}

fn list(names: impl Iterator<Item = Vec<u8>>, null: bool) -> Result<ExitCode, Fault> {
    let end = if null { b'\0' } else { b'\n' };
    let mut list = Vec::new();
    for name in names {
        if !null && name.contains(&b'\n') {
            let name = String::from_utf8_lossy(&name);
            return Err(Fault::new(format!("{name:?} holds a line end")).hint("use --null"));
        }
        list.extend(name);
        list.push(end);
    }
    output::print(&list)
}

fn add(arguments: Add) -> Result<ExitCode, Fault> {
    let section = PostgresqlConfig {
        user: arguments.user,
        compress_mode: arguments.compress_mode,
        all: arguments.all,
        globals: arguments.globals,
        separate: arguments.separate,
        databases: Some(arguments.database),
        excluded: arguments.exclude,
    };
    let postgresql = Some(section);
    let local = LocalConfig { postgresql };
    if !arguments.no_validate {
        let alone = local.add_config(b"<cb_config/>", false)?;
        if let Err(fault) = checks::read(&reader::read(&alone)?, true) {
            let mut cli = Cli::command();
            cli.build();
            let add = cli.find_subcommand_mut("add").expect("one of ours");
            return output::show(&add.error(ErrorKind::MissingRequiredArgument, fault.cause));
        }
    }
    let source = Source::read(arguments.file.as_deref())?;
    let added = local.add_config(&source.bytes, arguments.replace);
    output::print(&added.map_err(|fault| match fault.position {
        Some(_) => fault.of(&source.name, ""),
        None => fault,
    })?)
}
