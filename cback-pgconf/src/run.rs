//! What each command does.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::cli::{Add, Cli, Command, Input};
use crate::config::{LocalConfig, PostgresqlConfig, Settings};
use crate::document::Document;
use crate::fault::Fault;
use crate::files::{self, Files};
use crate::input::Source;
use crate::insert::AddError;
use crate::{output, rules, stdio, warnings};

/// A document of 1 MiB can hold a hundred thousand mistakes, and each run's log would hold them all.
const MOST_WARNINGS: usize = 100;

/// Does what the command line says.
///
/// # Errors
///
/// Whatever keeps it from that: [`crate::describe`] has the words.
pub fn run(cli: Cli) -> Result<ExitCode> {
    let text = match cli.command {
        Command::Check { strict, input } => return check(strict, &input),
        Command::Shell {
            prefix,
            no_validate,
            input,
        } => {
            let settings = settings(&input, no_validate)?;
            output::shell(&settings, &prefix, input.section_only).into()
        }
        Command::Json { no_validate, input } => {
            let settings = settings(&input, no_validate)?;
            output::json(&settings, input.section_only).into()
        }
        Command::Databases { null, input } => {
            let settings = listed(&input, null, &[("postgresql", "database")])?;
            let section = settings.local.postgresql.unwrap_or_default();
            list(section.databases.into_iter().flatten(), null)
        }
        Command::Files { null, file } => {
            let input = Input {
                section_only: false,
                file,
            };
            let in_paths = [("collect", "collect_dir"), ("postgresql", "database")];
            let settings = listed(&input, null, &in_paths)?;
            let files = Files::of(&settings.local.postgresql.unwrap_or_default());
            list(files.paths(&settings.collect_dir.unwrap_or_default()), null)
        }
        Command::Add(arguments) => add(arguments)?,
    };
    stdio::print(&text).context("standard output")?;
    Ok(ExitCode::SUCCESS)
}

fn settings(input: &Input, no_validate: bool) -> Result<Settings> {
    let source = Source::read(input.file.as_deref())?;
    let read = if no_validate { read } else { read_valid };
    source.with(|document| read(document, input.section_only))
}

fn read(document: &Document, section_only: bool) -> Result<Settings, Fault> {
    if !section_only {
        return Settings::read(document);
    }
    let local = LocalConfig::read(document)?;
    Ok(Settings {
        local,
        ..Settings::default()
    })
}

fn read_valid(document: &Document, section_only: bool) -> Result<Settings, Fault> {
    let settings = read(document, section_only)?;
    rules::check(document, &settings, section_only)?;
    Ok(settings)
}

fn check(strict: bool, input: &Input) -> Result<ExitCode> {
    let source = Source::read(input.file.as_deref())?;
    let is_clean = source.with(|document| {
        read_valid(document, input.section_only)?;
        let found = warnings::of(document, input.section_only);
        // Nothing can be done about a standard error that is closed or full.
        let tell = |fault: Fault| {
            let message = fault.of(&source.name, "warning: ").message();
            let _ = io::stderr().write_all(message.as_bytes());
        };
        let mut warnings = source.rights().into_iter().chain(found).peekable();
        let is_clean = warnings.peek().is_none();
        for warning in warnings.by_ref().take(MOST_WARNINGS) {
            tell(warning);
        }
        match warnings.count() {
            0 => {}
            more => tell(Fault::new(format!("{more} more warnings"))),
        }
        Ok(is_clean)
    })?;
    Ok(ExitCode::from(u8::from(strict && !is_clean)))
}

/// Valid settings whose values of these names may stand in a list of lines, if it is to be one.
fn listed(input: &Input, null: bool, values: &[(&str, &str)]) -> Result<Settings> {
    let source = Source::read(input.file.as_deref())?;
    source.with(|document| {
        let settings = read_valid(document, input.section_only)?;
        for (section, name) in values.iter().filter(|_| !null) {
            let section = document.section(section).into_iter();
            let mut named = section.flat_map(|section| section.valued(name));
            if let Some((value, text)) = named.find(|(_, text)| text.contains('\n')) {
                let cause = format!("{name} {text:?} has a line end in its name");
                return Err(value.fault(cause).hint("use --null"));
            }
        }
        Ok(settings)
    })
}

fn list(names: impl Iterator<Item = String>, null: bool) -> Vec<u8> {
    let end = if null { "\0" } else { "\n" };
    names.flat_map(|name| (name + end).into_bytes()).collect()
}

fn add(arguments: Add) -> Result<Vec<u8>> {
    let section = PostgresqlConfig {
        user: arguments.user,
        compress_mode: arguments.compress_mode,
        all: arguments.all,
        globals: arguments.globals,
        databases: Some(arguments.database).filter(|databases| !databases.is_empty()),
    };
    let names = files::check(&section).map_err(|bad| bad.cause);
    let local = LocalConfig {
        postgresql: Some(section),
    };
    let valid = local.validate().map_err(|broken| broken.to_string());
    if let (Err(cause), false) = (valid.and(names), arguments.no_validate) {
        wrong_usage_of("add", &cause);
    }
    let source = Source::read(arguments.file.as_deref())?;
    let added = local.add_config(&source.bytes, arguments.replace);
    added.map_err(|error| match error {
        AddError::Document(fault) => fault.of(&source.name, "").into(),
        error => error.into(),
    })
}

/// Ends as clap ends on arguments that it cannot make sense of.
fn wrong_usage_of(command: &str, cause: &str) -> ! {
    let mut cli = Cli::command();
    cli.build();
    let command = cli.find_subcommand_mut(command).expect("one of ours");
    command
        .error(ErrorKind::MissingRequiredArgument, cause)
        .exit()
}
