//! "Usage errors, `--help` and `--version` are clap's own, in clap's own words."

use crate::{PROGRAM, run};
use cback_tests::Finished;
use std::process::Command;

#[rustfmt::skip]
const WRONG: [&str; 15] = [
    "--no-such-option", "-x", "one two", "db --seal", "db --seal=", "--all db", "--globals db", "--globals --all",
    "--check db", "--check --all", "--check --seal word", "--check -- --schema-only", "--plan file db",
    "--die-with 0 db", "--die-with x db",
];

#[test]
fn wrong_usage_is_status_2() {
    for arguments in WRONG {
        let output = run(Command::new(PROGRAM).args(arguments.split(' ')));
        let (code, said) = (output.status.code(), output.said());
        let is_claps = said.starts_with("error: ") && said.contains("--help");
        assert!(code == Some(2) && is_claps, "{arguments}: {code:?}, {said}");
        assert_eq!(output.printed(), "", "{arguments}");
    }
}

/// An empty name, which libpq would take for the user's, names no database.
#[test]
fn no_database_is_wrong_usage() {
    for (argument, variable) in [(None, None), (None, Some("")), (Some(""), Some("postgres"))] {
        let mut command = Command::new(PROGRAM);
        command.args(argument).env_remove("PGDATABASE");
        command.envs(variable.map(|name| ("PGDATABASE", name)));
        let output = run(&command);
        let said = output.fails(2);
        let message = "error: no database: name one, set PGDATABASE, or say --all or --globals\n";
        assert!(said.starts_with(message), "{command:?}: {said}");
        assert_eq!(output.printed(), "");
    }
}

#[test]
fn help_and_version_are_success() {
    for option in ["--help", "--version", "-h"] {
        let output = run(Command::new(PROGRAM).arg(option));
        assert_eq!(output.succeeds(), "", "{option}");
        assert!(output.printed().contains("pgdump"), "{option}");
    }
}
