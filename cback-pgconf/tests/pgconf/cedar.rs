//! The real Cedar Backup, kept alive to answer what it reads in one document after another.

use cback_tests::python;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

/// One such process. It ends when its input does, or when nobody reads its answers.
pub(crate) struct Cedar(BufReader<ChildStdout>);

impl Cedar {
    /// Starts one; documents go to the second, in any number.
    #[allow(clippy::zombie_processes)] // it ends by itself, soon before the test process
    pub(crate) fn start() -> (Self, ChildStdin) {
        let mut command = Command::new(python());
        command.args(["-c", include_str!("cedar.py")]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("scripts/prerequisites test has made one");
        let documents = child.stdin.take().expect("a pipe");
        let answers = child.stdout.take().expect("a pipe");
        (Self(BufReader::new(answers)), documents)
    }

    /// The section and the settings of the next document, or why they are refused.
    pub(crate) fn answer(&mut self) -> [Value; 2] {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("Cedar answers");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("Cedar ended early: {line:?}"))
    }
}

/// Sends one document.
pub(crate) fn send(documents: &mut ChildStdin, document: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(document.len()).expect("a small document");
    documents.write_all(&length.to_le_bytes())?;
    documents.write_all(document)
}
