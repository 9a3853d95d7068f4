//! `cback-pgconf` as its users see it, and the library behind it. The sentences in quotation marks are
//! its promises.

mod adding;
mod command_line;
mod documents;
mod faults;
mod limits;
mod reading;
mod separate;
mod shells;
mod stage;
mod warnings;

use cback_tests::{Finished, python, run_with_input};
use serde_json::Value;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cback-pgconf");

/// The settings that every whole configuration needs.
const SETTINGS: &str = "<options><backup_user>u</backup_user><backup_group>g</backup_group></options>\
     <collect><collect_dir>/c</collect_dir></collect>";

/// A valid section.
const SECTION: &str =
    "<postgresql><compress_mode>none</compress_mode><database>x</database></postgresql>";

/// A configuration to which `check` has nothing to say.
const CONFIG: &str = "<?xml version='1.0'?>
<cb_config>
   <options>
      <backup_user>backup</backup_user>
      <backup_group>staff</backup_group>
      <override><command>pg_dumpall</command><abs_path>/first</abs_path></override>
      <override><command>pg_dumpall</command><abs_path>/opt/it's/pg_dumpall</abs_path></override>
   </options>
   <collect><collect_dir>/opt/backup/collect</collect_dir></collect>
   <postgresql>
      <user>plogin</user>
      <compress_mode>bzip2</compress_mode>
      <all>N</all>
      <database>db1</database>
      <database>O'Reilly &amp; $HOME</database>
   </postgresql>
</cb_config>
";

/// The program with these arguments.
fn pgconf(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments);
    command
}

/// The outcome for a document on standard input; the arguments are parted by blanks.
fn given(document: impl AsRef<[u8]>, arguments: &str) -> Outcome {
    let arguments: Vec<_> = arguments.split_whitespace().collect();
    run(&mut pgconf(&arguments), document.as_ref())
}

/// The outcome of sh's `exec cback-pgconf COMMAND`, with redirections and limits.
fn by_sh(limits: &str, command: &str, input: &[u8]) -> Outcome {
    let script = format!("{limits} exec \"$1\" {command}");
    run(
        Command::new("sh").args(["-c", &script, "sh", PROGRAM]),
        input,
    )
}

/// The message on a place in the document, with a hint if there is one.
fn message(cause: &str, hint: &str) -> String {
    let hint = format!("cback-pgconf: hint: {hint}\n").repeat(usize::from(!hint.is_empty()));
    format!("cback-pgconf: standard input:{cause}\n{hint}")
}

/// Runs `command` on `input`.
fn run(command: &mut Command, input: &[u8]) -> Outcome {
    let output = run_with_input(command, input);
    let start = String::from_utf8_lossy(&input[..input.len().min(500)]);
    Outcome {
        of: format!("{command:?} of {start:?}"),
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout.clone()).expect("text"),
        stderr: output.said(),
    }
}

/// The outcome of a run.
struct Outcome {
    /// The command and its input, for whoever reads of a failure.
    of: String,
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Outcome {
    #[track_caller]
    fn is(&self, status: i32, stdout: &str, stderr: &str) {
        let outcome = (self.status, &*self.stdout, &*self.stderr);
        assert_eq!(outcome, (Some(status), stdout, stderr), "{}", self.of);
    }

    #[track_caller]
    fn has_status(&self, status: i32) {
        self.is(status, &self.stdout, &self.stderr);
    }
}

/// The section, the settings and the stage that the real Cedar Backup reads in each document, or why it refuses them.
fn cedars(documents: &[Vec<u8>]) -> Vec<[Value; 3]> {
    let mut input = Vec::new();
    for document in documents {
        input.extend(u32::try_from(document.len()).expect("small").to_le_bytes());
        input.extend(document);
    }
    let mut command = Command::new(python());
    let output = run_with_input(command.args(["-c", include_str!("cedar.py")]), &input);
    output.succeeds();
    let answers = output.printed();
    let answers = answers
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.len(), documents.len());
    answers
}
