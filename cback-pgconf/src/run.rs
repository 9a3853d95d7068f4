//! The commands.

use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::cli::{Add, Cli, Command, Input};
use crate::config::{PostgresqlConfig, Settings};
use crate::document::Document;
use crate::fault::{Fault, Position};
use crate::files::Files;
use crate::input::Source;
use crate::local::LocalConfig;
use crate::{checks, output, reader};

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
        Command::Shell { no_validate, input } => {
            let read: Read = if no_validate {
                Settings::read
            } else {
                checks::read
            };
            let settings = settings(&input, read)?;
            output::print(output::shell(&settings, input.section_only).as_bytes())
        }
        Command::Databases { null, input } => {
            let settings = settings(&input, checks::read)?;
            let section = settings.postgresql.unwrap_or_default();
            list(section.databases.unwrap_or_default(), null)
        }
        Command::Files { null, file } => {
            let section_only = false;
            let settings = settings(&Input { section_only, file }, checks::read)?;
            let files = Files::of(&settings.postgresql.unwrap_or_default());
            list(files.paths(&settings.collect_dir.unwrap_or_default()), null)
        }
        Command::Add(arguments) => add(arguments),
    }
}

type Read = fn(&Document, bool) -> Result<Settings, Fault>;

fn settings(input: &Input, read: Read) -> Result<Settings, Fault> {
    let source = Source::read(input.file.as_deref())?;
    source.with(|document| read(document, input.section_only))
}

fn check(strict: bool, input: &Input) -> Result<ExitCode, Fault> {
    let source = Source::read(input.file.as_deref())?;
    source.with(|document| {
        checks::read(document, input.section_only)?;
        let (rights, placed) = (
            source.rights(),
            checks::warnings(document, input.section_only),
        );
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

fn list(names: Vec<String>, null: bool) -> Result<ExitCode, Fault> {
    if let Some(name) = names.iter().find(|name| !null && name.contains('\n')) {
        return Err(Fault::new(format!("{name:?} holds a line end")).hint("use --null"));
    }
    let end = if null { "\0" } else { "\n" };
    let list: String = names.into_iter().map(|name| name + end).collect();
    output::print(list.as_bytes())
}

fn add(arguments: Add) -> Result<ExitCode, Fault> {
    let section = PostgresqlConfig {
        user: arguments.user,
        compress_mode: arguments.compress_mode,
        all: arguments.all,
        globals: arguments.globals,
        databases: Some(arguments.database),
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
