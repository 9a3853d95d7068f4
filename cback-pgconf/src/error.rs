//! What is said when something goes wrong.

use std::io;

/// A cause with advice on what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub(crate) struct Advised {
    pub(crate) cause: String,
    pub(crate) hint: Option<String>,
}

impl Advised {
    /// As it is written to standard error, in one write, so that no other program's lines come between.
    pub(crate) fn message(&self) -> String {
        message(&self.cause, self.hint.as_deref())
    }
}

/// What is said of an error on standard error; None of a reader that went away, and knows it.
pub fn describe(error: &anyhow::Error) -> Option<String> {
    let io = error.downcast_ref::<io::Error>();
    if io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return None;
    }
    let advised = error.downcast_ref::<Advised>();
    let hint = advised.and_then(|advised| advised.hint.as_deref());
    Some(message(&format!("{error:#}"), hint))
}

fn message(cause: &str, hint: Option<&str>) -> String {
    let hint = hint.map(|hint| format!("cback-pgconf: hint: {hint}\n"));
    format!("cback-pgconf: {cause}\n{}", hint.unwrap_or_default())
}
