//! What is said when something goes wrong.

use std::io;

use crate::fault::Fault;

/// A cause with advice on what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct Advised {
    /// What is wrong with what, in one line.
    pub cause: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Advised {
    /// A fault in the file of this name.
    pub(crate) fn in_file(file: &str, fault: Fault) -> Self {
        Self {
            cause: format!("{file}:{fault}"),
            hint: fault.hint,
        }
    }

    /// As it is written to standard error, in one write, so that no other program's lines come between.
    pub(crate) fn message(&self) -> String {
        message(&self.cause, self.hint.as_deref())
    }
}

/// A message's lines.
fn message(cause: &str, hint: Option<&str>) -> String {
    let hint = hint.map(|hint| format!("cback-pgconf: hint: {hint}\n"));
    format!("cback-pgconf: {cause}\n{}", hint.unwrap_or_default())
}

/// What is said of an error; None of a reader that went away, and knows it.
pub fn describe(error: &anyhow::Error) -> Option<String> {
    let io = error.downcast_ref::<io::Error>();
    if io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return None;
    }
    let hint = error
        .downcast_ref::<Advised>()
        .and_then(|advised| advised.hint.as_deref());
    Some(message(&format!("{error:#}"), hint))
}
