//! What can go wrong on the command line, and how it is told.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::config::Invalid;
use crate::insert::AddError;
use crate::stdio::complain;
use crate::{Error, Fault};

/// Why a command failed; inputs by the name that messages give them.
pub(crate) enum Failure {
    Input(String, Error),
    /// The arguments of `add` make no valid section.
    Arguments(Invalid),
    Add(String, AddError),
    Output(io::Error),
}

impl Failure {
    /// Tells it; the exit status.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Input(place, error) | Self::Add(place, AddError::Document(error)) => {
                tell_error(place, error);
            }
            Self::Add(_, error) => complain(&error.to_string()),
            Self::Arguments(broken) => tell(&broken.to_string(), option_for(*broken)),
            // The reader has gone away and knows it.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Self::Output(error) => complain(&format!("standard output: {error}")),
        }
        match self {
            Self::Arguments(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

fn tell_error(place: &str, error: &Error) {
    match error {
        Error::Document(fault) => tell_fault(&format!("{place}:{}", fault.position), fault),
        Error::Io(error) => complain(&format!("{place}: {error}")),
    }
}

pub(crate) fn tell_fault(place: &str, fault: &Fault) {
    tell(&format!("{place}: {}", fault.cause), fault.hint.as_deref());
}

pub(crate) fn tell(message: &str, hint: Option<&str>) {
    complain(message);
    if let Some(hint) = hint {
        complain(&format!("hint: {hint}"));
    }
}

pub(crate) fn tell_usage(usage: &clap::Error) -> ExitCode {
    tell(&one_line(usage), Some("see cback-pgconf --help"));
    ExitCode::from(2)
}

/// What clap has to say, as one line.
fn one_line(usage: &clap::Error) -> String {
    let text = usage.render().to_string();
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

/// How messages name an input.
pub(crate) fn place(file: &Path) -> String {
    match file.to_str() {
        Some("-") => "standard input".into(),
        _ => file.display().to_string(),
    }
}

fn option_for(broken: Invalid) -> Option<&'static str> {
    match broken {
        Invalid::NoCompressMode => Some("give --compress-mode none, gzip or bzip2"),
        Invalid::NoDatabases => Some("give --all, or --database for each"),
        _ => None,
    }
}
