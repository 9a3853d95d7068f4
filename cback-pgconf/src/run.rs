//! What each command does.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Add, Check, Cli, Command, Databases, Files, Input, Json, Shell};
use crate::config::{LocalConfig, PostgresqlConfig};
use crate::document::Document;
use crate::failure::{Failure, place, tell, tell_fault, tell_usage};
use crate::fault::{Fault, Position};
use crate::settings::Settings;
use crate::stdio::{self, print};
use crate::{Error, files, output, warnings};

/// Does what the command line says, and says what went wrong, if anything did.
pub fn run() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => execute(cli.command).unwrap_or_else(|failure| failure.report()),
        Err(usage) if usage.use_stderr() => tell_usage(&usage),
        Err(help) => match print(help.render().to_string().as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => Failure::Output(error).report(),
        },
    }
}

fn execute(command: Command) -> Result<ExitCode, Failure> {
    let text = match command {
        Command::Check(arguments) => return check(&arguments),
        Command::Shell(Shell {
            prefix,
            validation,
            input,
        }) => {
            let settings = Configuration::read(&input)?.settings(validation.no_validate)?;
            output::shell(&settings, &prefix, input.section_only).into()
        }
        Command::Json(Json { validation, input }) => {
            let settings = Configuration::read(&input)?.settings(validation.no_validate)?;
            output::json(&settings, input.section_only).into()
        }
        Command::Databases(arguments) => databases(&arguments)?,
        Command::Files(arguments) => files(arguments)?,
        Command::Add(arguments) => add(arguments)?,
    };
    print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn check(arguments: &Check) -> Result<ExitCode, Failure> {
    let configuration = Configuration::read(&arguments.input)?;
    configuration.settings(false)?;
    let file = place(configuration.input.file());
    let faults = warnings::of(&configuration.document, arguments.input.section_only);
    if let Some(mode) = configuration.open_to_others {
        let warning = format!("{file}: warning: can be read by group or others (mode {mode:04o})");
        tell(&warning, Some(&format!("chmod 600 {file}")));
    }
    for warning in &faults {
        tell_fault(&format!("{file}:{}: warning", warning.position), warning);
    }
    let is_clean = faults.is_empty() && configuration.open_to_others.is_none();
    Ok(if arguments.strict && !is_clean {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn databases(arguments: &Databases) -> Result<Vec<u8>, Failure> {
    let configuration = Configuration::read(&arguments.input)?;
    configuration.settings(false)?;
    let section = configuration.document.section("postgresql");
    let end = if arguments.null { '\0' } else { '\n' };
    let mut names = String::new();
    for (element, name) in section
        .into_iter()
        .flat_map(|section| section.valued("database"))
    {
        if name.contains(end) {
            let cause = format!("database {name:?} has a line end in its name");
            let fault = Fault::new(element.position, cause).hint("use --null");
            return Err(Failure::Input(place(arguments.input.file()), fault.into()));
        }
        names.push_str(name);
        names.push(end);
    }
    Ok(names.into())
}

fn files(arguments: Files) -> Result<Vec<u8>, Failure> {
    let input = Input {
        section_only: false,
        file: arguments.file,
    };
    let settings = Configuration::read(&input)?.settings(false)?;
    let directory = settings.collect_dir.unwrap_or_default();
    let names = files::Files::of(&settings.local.postgresql.unwrap_or_default());
    let end = if arguments.null { '\0' } else { '\n' };
    let mut paths = String::new();
    for name in names.each() {
        let path = format!("{}/{name}", directory.trim_end_matches('/'));
        if path.contains(end) {
            let cause = format!("{path:?} has a line end in its name");
            let fault = Fault::new(Position::START, cause).hint("use --null");
            return Err(Failure::Input(place(input.file()), fault.into()));
        }
        paths.push_str(&path);
        paths.push(end);
    }
    Ok(paths.into())
}

fn add(arguments: Add) -> Result<Vec<u8>, Failure> {
    let section = PostgresqlConfig {
        user: arguments.user,
        compress_mode: arguments.compress_mode,
        all: arguments.all,
        globals: arguments.globals,
        databases: Some(arguments.database).filter(|databases| !databases.is_empty()),
    };
    let local = LocalConfig {
        postgresql: Some(section),
    };
    if !arguments.validation.no_validate {
        local.validate().map_err(Failure::Arguments)?;
    }
    let file = arguments.file.as_deref().unwrap_or(Path::new("-"));
    let mut document = Vec::new();
    let read = open(file).and_then(|(mut input, _)| input.read_to_end(&mut document));
    read.map_err(|error| Failure::Input(place(file), error.into()))?;
    local
        .add_config(&document, arguments.replace)
        .map_err(|error| Failure::Add(place(file), error))
}

/// A configuration that could be read, be it valid or not.
struct Configuration<'a> {
    input: &'a Input,
    document: Document,
    /// The file's mode, if others than its owner can read it.
    open_to_others: Option<u32>,
}

impl<'a> Configuration<'a> {
    fn read(input: &'a Input) -> Result<Self, Failure> {
        let read = || -> Result<Self, Error> {
            let (source, open_to_others) = open(input.file())?;
            let document = Document::read(BufReader::new(source))?;
            Ok(Self {
                input,
                document,
                open_to_others,
            })
        };
        read().map_err(|error| Failure::Input(place(input.file()), error))
    }

    fn settings(&self, no_validate: bool) -> Result<Settings, Failure> {
        let read = || -> Result<Settings, Fault> {
            let (settings, verdict) = if self.input.section_only {
                let local = LocalConfig::read(&self.document)?;
                let verdict = local.validate();
                (
                    Settings {
                        local,
                        ..Settings::default()
                    },
                    verdict,
                )
            } else {
                let settings = Settings::read(&self.document)?;
                let verdict = settings.validate();
                (settings, verdict)
            };
            match verdict {
                Err(broken) if !no_validate => return Err(self.document.explain(broken)),
                _ if no_validate => {}
                _ => self.check_names(&settings)?,
            }
            Ok(settings)
        };
        read().map_err(|fault| Failure::Input(place(self.input.file()), fault.into()))
    }
}

impl Configuration<'_> {
    fn check_names(&self, settings: &Settings) -> Result<(), Fault> {
        let (Some(section), Some(values)) = (
            self.document.section("postgresql"),
            &settings.local.postgresql,
        ) else {
            return Ok(());
        };
        files::check_user(values).map_err(|cause| {
            let user = section.value("user");
            Fault::new(
                user.map_or(section.position, |(user, _)| user.position),
                cause,
            )
        })?;
        files::check_databases(values).map_err(|(index, cause)| {
            let database = section.valued("database").nth(index);
            let position = database.map_or(section.position, |(database, _)| database.position);
            Fault::new(position, cause)
        })
    }
}

/// The input, and the mode of a file that others than its owner can read.
fn open(file: &Path) -> io::Result<(Box<dyn Read>, Option<u32>)> {
    if file.as_os_str() == "-" {
        return Ok((Box::new(stdio::input()?), None));
    }
    let file = File::open(file)?;
    let metadata = file.metadata()?;
    let mode = metadata.permissions().mode() & 0o7777;
    Ok((
        Box::new(file),
        Some(mode).filter(|mode| metadata.is_file() && mode & 0o044 != 0),
    ))
}
