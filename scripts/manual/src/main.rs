//! Writes the man pages and the shell completions of the three programs from the definitions that
//! they parse their command lines with. `scripts/install` runs it; what it writes is not kept in
//! the tree. Those of the shell scripts are written by hand and lie beside this program.

mod page;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use page::{Mentioned, Page};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const CONFIGURATION: Mentioned = &[(
    "/etc/cback3.conf",
    "The configuration of Cedar Backup 3. Nothing is read from there unless it is named.",
)];

const LIBPQ_VARIABLES: Mentioned = &[
    ("PGDATABASE", "The database, where none is named."),
    ("PGUSER", "The role, where --user names none."),
    (
        "PGHOST, PGPORT, PGPASSFILE, PGSERVICE, PGSSLMODE and others",
        "Read by libpq: see the chapter Environment Variables of PostgreSQL's manual.",
    ),
];

const LIBPQ_FILES: Mentioned = &[
    (
        "~/.pgpass",
        "Passwords, read by libpq if nobody else may read it.",
    ),
    (
        "~/.pg_service.conf",
        "Connections by name, for PGSERVICE, read by libpq.",
    ),
];

fn main() -> io::Result<()> {
    let usage = || io::Error::other("usage: cback-manual DIRECTORY");
    let top = PathBuf::from(env::args_os().nth(1).ok_or_else(usage)?);
    fs::create_dir_all(&top)?;
    for page in pages() {
        let name = page.command.get_name().to_owned();
        fs::write(top.join(format!("{name}.1")), page.render()?)?;
        write_completions(page.command, &name, &top)?;
    }
    Ok(())
}

fn pages() -> [Page; 3] {
    [
        Page {
            command: cback_pgconf::cli::Cli::command(),
            environment: &[],
            files: CONFIGURATION,
            see_also: &["cback-postgresql", "cback3"],
        },
        Page {
            command: cback_pgdump::cli::Cli::command(),
            environment: LIBPQ_VARIABLES,
            files: LIBPQ_FILES,
            see_also: &[
                "cback-compress",
                "cback-postgresql",
                "pg_dump",
                "pg_dumpall",
            ],
        },
        Page {
            command: cback_compress::cli::Cli::command(),
            environment: &[],
            files: &[],
            see_also: &["cback-pgdump", "cback-postgresql", "gzip", "bzip2"],
        },
    ]
}

fn write_completions(mut command: Command, name: &str, directory: &Path) -> io::Result<()> {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, name, &mut script);
        let mut script = String::from_utf8(script).map_err(io::Error::other)?;
        if shell == Shell::Bash {
            script = with_matching_labels(&script, name);
        }
        let file = match shell {
            Shell::Bash => format!("{name}.bash"),
            Shell::Zsh => format!("_{name}"),
            _ => format!("{name}.fish"),
        };
        fs::write(directory.join(file), script)?;
    }
    Ok(())
}

/// `clap_complete` 4.6.11 takes the hyphen of a program's own name for the border of a subcommand
/// where it writes the labels of the subcommands' options (`cback__subcmd__pgconf__subcmd__add`), but
/// not where it looks for them (`cback__pgconf__subcmd__add`), so no subcommand has options.
fn with_matching_labels(script: &str, name: &str) -> String {
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}
