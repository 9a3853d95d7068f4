//! Writes the man pages and the shell completions, from the definitions that the programs parse
//! their command lines with.
//!
//!     cargo run -p cback-tests --example manual -- .
//!
//! What it writes is committed; `tests/manual.rs` fails when that is stale.

mod page;
mod script;

use clap::{Command, CommandFactory};
use clap_complete::{Generator, Shell};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let usage = || io::Error::other("usage: manual DIRECTORY");
    let top = PathBuf::from(env::args_os().nth(1).ok_or_else(usage)?);
    let (man, completions) = (top.join("man"), top.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    for (command, others) in programs() {
        let file = man.join(format!("{}.1", command.get_name()));
        fs::write(file, page::render(&command, &others)?)?;
        write_completions(command, &completions)?;
    }
    Ok(())
}

/// Each program, and what its page points to.
fn programs() -> [(Command, Vec<&'static str>); 4] {
    [
        (
            script::Cli::command(),
            vec!["cback-pgconf", "cback-pgdump", "cback-compress", "cback3"],
        ),
        (
            cback_pgconf::cli::Cli::command(),
            vec!["cback-postgresql", "cback3"],
        ),
        (
            cback_pgdump::cli::Cli::command(),
            vec![
                "cback-compress",
                "cback-postgresql",
                "pg_dump",
                "pg_dumpall",
            ],
        ),
        (
            cback_compress::cli::Cli::command(),
            vec!["cback-pgdump", "cback-postgresql", "gzip", "bzip2"],
        ),
    ]
}

fn write_completions(mut command: Command, directory: &Path) -> io::Result<()> {
    let name = command.get_name().to_owned();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, &name, &mut script);
        fs::write(directory.join(shell.file_name(&name)), script)?;
    }
    Ok(())
}
