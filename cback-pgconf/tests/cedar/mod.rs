//! The real Cedar Backup, kept alive to answer what it reads in one document after another.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The Python that has `cedar-backup3`.
pub(crate) fn python() -> PathBuf {
    let venv = || concat!(env!("CARGO_MANIFEST_DIR"), "/../target/venv/bin/python").into();
    let python: PathBuf = std::env::var_os("CBACK_TEST_PYTHON").map_or_else(venv, PathBuf::from);
    let has_cedar = Command::new(&python)
        .args(["-c", "import CedarBackup3"])
        .stderr(Stdio::null())
        .status();
    assert!(
        has_cedar.is_ok_and(|status| status.success()),
        "{} is no Python with cedar-backup3: run scripts/test, or set CBACK_TEST_PYTHON",
        python.display()
    );
    python
}

/// One such process.
pub(crate) struct Cedar {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Cedar {
    /// Starts one; documents go to the second, in any number.
    pub(crate) fn start() -> (Self, ChildStdin) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cedar/read.py");
        let mut child = Command::new(python())
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let documents = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        (Self { child, answers }, documents)
    }

    /// What the section and the settings of the next document are, or why they are refused.
    pub(crate) fn answer(&mut self) -> [Value; 2] {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Cedar answers");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("Cedar ended early: {line:?}"))
    }
}

impl Drop for Cedar {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one document.
pub(crate) fn send(documents: &mut ChildStdin, document: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(document.len()).expect("a small document");
    documents.write_all(&length.to_le_bytes())?;
    documents.write_all(document)
}
