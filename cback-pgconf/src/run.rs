//! What each command does.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Check, Cli, Command, Input, Json, Shell};
use crate::document::Document;
use crate::fault::Fault;
use crate::settings::Settings;
use crate::stdio::{complain, print};
use crate::{Error, output};

/// Does what the command line says and tells what went wrong, if anything did.
pub fn run() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => execute(cli.command).unwrap_or_else(|failure| failure.report()),
        Err(usage) if usage.use_stderr() => {
            let message = usage.render().to_string();
            complain(
                message
                    .strip_prefix("error: ")
                    .unwrap_or(&message)
                    .trim_end(),
            );
            ExitCode::from(2)
        }
        Err(help) => match print(help.render().to_string().as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => Failure::Output(error).report(),
        },
    }
}

enum Failure {
    Input(PathBuf, Error),
    Output(io::Error),
}

impl Failure {
    fn report(&self) -> ExitCode {
        match self {
            Self::Input(file, Error::Document(fault)) => tell(&place(file), fault),
            Self::Input(file, Error::Io(error)) => complain(&format!("{}: {error}", place(file))),
            // The reader has gone away and knows it.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Self::Output(error) => complain(&format!("standard output: {error}")),
        }
        ExitCode::FAILURE
    }
}

fn tell(place: &str, fault: &Fault) {
    complain(&format!("{place}:{fault}"));
    if let Some(hint) = &fault.hint {
        complain(&format!("hint: {hint}"));
    }
}

fn place(file: &Path) -> String {
    if is_standard_input(file) {
        "standard input".into()
    } else {
        file.display().to_string()
    }
}

fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn execute(command: Command) -> Result<ExitCode, Failure> {
    let text = match command {
        Command::Check(Check { input, .. }) => settings(&input, false).map(|_| String::new())?,
        Command::Shell(Shell {
            input,
            validation,
            prefix,
        }) => output::shell(
            &settings(&input, validation.no_validate)?,
            &prefix,
            input.section_only,
        ),
        Command::Json(Json { input, validation }) => output::json(
            &settings(&input, validation.no_validate)?,
            input.section_only,
        ),
    };
    print(text.as_bytes()).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn settings(input: &Input, no_validate: bool) -> Result<Settings, Failure> {
    let file = input.file.clone().unwrap_or_else(|| "-".into());
    let read = || -> Result<Settings, Error> {
        let document = Document::read(BufReader::new(open(&file)?))?;
        let settings = Settings::read(&document)?;
        let verdict = match (no_validate, input.section_only) {
            (true, _) => Ok(()),
            (false, true) => settings.local.validate(),
            (false, false) => settings.validate(),
        };
        verdict.map_err(|broken| document.explain(broken))?;
        Ok(settings)
    };
    read().map_err(|error| Failure::Input(file.clone(), error))
}

fn open(file: &Path) -> io::Result<Box<dyn Read>> {
    if is_standard_input(file) {
        Ok(Box::new(io::stdin()))
    } else {
        Ok(Box::new(File::open(file)?))
    }
}
