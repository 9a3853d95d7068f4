//! What each command does.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::cli::{Add, Check, Cli, Command, Databases, Files, Input};
use crate::config::{LocalConfig, PostgresqlConfig, Settings};
use crate::document::Document;
use crate::fault::Fault;
use crate::input::Source;
use crate::insert::AddError;
use crate::{files, output, rules, stdio, warnings};

/// Does what the command line says.
///
/// # Errors
///
/// Whatever keeps it from that, [`crate::Advised`] where there is advice.
pub fn run(cli: Cli) -> Result<ExitCode> {
    let text = match cli.command {
        Command::Check(arguments) => return check(&arguments),
        Command::Shell(arguments) => {
            let settings = settings(&arguments.input, arguments.validation.no_validate)?;
            output::shell(&settings, &arguments.prefix, arguments.input.section_only).into()
        }
        Command::Json(arguments) => {
            let settings = settings(&arguments.input, arguments.validation.no_validate)?;
            output::json(&settings, arguments.input.section_only).into()
        }
        Command::Databases(arguments) => databases(&arguments)?,
        Command::Files(arguments) => files(arguments)?,
        Command::Add(arguments) => add(arguments)?,
    };
    stdio::print(&text).context("standard output")?;
    Ok(ExitCode::SUCCESS)
}

fn settings(input: &Input, no_validate: bool) -> Result<Settings> {
    let source = Source::read(input.file.as_deref())?;
    let settings = Document::read(&source.bytes).and_then(|document| {
        if no_validate {
            read(&document, input.section_only)
        } else {
            read_valid(&document, input.section_only)
        }
    });
    settings.map_err(|fault| source.at_fault(fault))
}

fn read(document: &Document, section_only: bool) -> Result<Settings, Fault> {
    if section_only {
        let local = LocalConfig::read(document)?;
        Ok(Settings {
            local,
            ..Settings::default()
        })
    } else {
        Settings::read(document)
    }
}

fn read_valid(document: &Document, section_only: bool) -> Result<Settings, Fault> {
    let settings = read(document, section_only)?;
    rules::check(document, &settings, section_only)?;
    Ok(settings)
}

fn check(arguments: &Check) -> Result<ExitCode> {
    let source = Source::read(arguments.input.file.as_deref())?;
    let section_only = arguments.input.section_only;
    let document = Document::read(&source.bytes);
    let document = document.and_then(|document| {
        read_valid(&document, section_only)?;
        Ok(document)
    });
    let document = document.map_err(|fault| source.at_fault(fault))?;
    let found = warnings::of(&document, section_only).map(|fault| source.warning(fault));
    let mut is_clean = true;
    for warning in source.rights().into_iter().chain(found) {
        is_clean = false;
        // Nothing can be done about a standard error that is closed or full.
        let _ = io::stderr().write_all(warning.message().as_bytes());
    }
    Ok(if arguments.strict && !is_clean {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn databases(arguments: &Databases) -> Result<Vec<u8>> {
    let input = &arguments.input;
    let settings = listed(input, arguments.null, &[("postgresql", "database")])?;
    let section = settings.local.postgresql.unwrap_or_default();
    Ok(list(
        section.databases.into_iter().flatten(),
        arguments.null,
    ))
}

fn files(arguments: Files) -> Result<Vec<u8>> {
    let input = Input {
        section_only: false,
        file: arguments.file,
    };
    let in_names = [("collect", "collect_dir"), ("postgresql", "database")];
    let settings = listed(&input, arguments.null, &in_names)?;
    let directory = settings.collect_dir.unwrap_or_default();
    let files = files::Files::of(&settings.local.postgresql.unwrap_or_default());
    let paths = files
        .each()
        .map(|file| format!("{}/{file}", directory.trim_end_matches('/')));
    Ok(list(paths, arguments.null))
}

/// Valid settings whose values of these names may stand in a list of lines, if it is to be one.
fn listed(input: &Input, null: bool, values: &[(&str, &str)]) -> Result<Settings> {
    let source = Source::read(input.file.as_deref())?;
    let settings = Document::read(&source.bytes).and_then(|document| {
        let settings = read_valid(&document, input.section_only)?;
        for &(section, name) in values {
            let section = document.section(section).filter(|_| !null);
            let mut named = section
                .into_iter()
                .flat_map(|section| document.valued(section, name));
            if let Some((element, text)) = named.find(|(_, text)| text.contains('\n')) {
                let cause = format!("{name} {text:?} has a line end in its name");
                return Err(document.fault(element, cause).hint("use --null"));
            }
        }
        Ok(settings)
    });
    settings.map_err(|fault| source.at_fault(fault))
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
    let named = files::check(&section).map_err(|bad| bad.cause);
    let local = LocalConfig {
        postgresql: Some(section),
    };
    let valid = local
        .validate()
        .map_err(|broken| broken.to_string())
        .and(named);
    if let Some(cause) = valid.err().filter(|_| !arguments.validation.no_validate) {
        wrong_usage_of("add", &cause);
    }
    let source = Source::read(arguments.file.as_deref())?;
    local
        .add_config(&source.bytes, arguments.replace)
        .map_err(|error| match error {
            AddError::Document(fault) => source.at_fault(fault),
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
