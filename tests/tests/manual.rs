//! The man pages, the completions and `--help`: what is committed is what the programs say of
//! themselves, and what it says can be done.
#![allow(clippy::unwrap_used)] // a test fails by panicking

#[path = "../examples/manual/script.rs"]
mod definition;

use cback_tests::{Server, Site, path_with_tools, script, tool, workspace};
use clap::CommandFactory;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAMS: [&str; 4] = [
    "cback-postgresql",
    "cback-pgconf",
    "cback-pgdump",
    "cback-compress",
];

#[test]
fn what_is_committed_is_what_the_definitions_say() {
    let top = tempfile::tempdir().unwrap();
    let written = Command::new(tool("examples/manual"))
        .arg(top.path())
        .status();
    assert!(written.unwrap().success());
    for directory in ["man", "completions"] {
        let fresh = files(&top.path().join(directory));
        let committed = files(&workspace().join(directory));
        assert_eq!(
            committed.keys().collect::<Vec<_>>(),
            fresh.keys().collect::<Vec<_>>()
        );
        for (name, text) in fresh {
            assert!(
                committed[&name] == text,
                "{directory}/{name} is stale: run cargo run -p cback-tests --example manual -- ."
            );
        }
    }
}

fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let read = |entry: fs::DirEntry| {
        (
            entry.file_name().into_string().unwrap(),
            fs::read_to_string(entry.path()).unwrap(),
        )
    };
    entries.map(read).collect()
}

#[test]
fn every_page_renders_without_a_warning_and_has_its_sections() {
    for program in PROGRAMS {
        let page = workspace().join(format!("man/{program}.1"));
        let mut man = Command::new("man");
        man.args(["--warnings", "--local-file"]).arg(page);
        man.envs([("MANWIDTH", "80"), ("LC_ALL", "C.UTF-8")]);
        let output = man.output().unwrap();
        assert!(output.status.success());
        assert_eq!(text(&output.stderr), "", "{program}");
        let rendered = text(&output.stdout);
        let headings: Vec<_> = rendered
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
            .collect();
        for heading in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXIT STATUS",
            "EXAMPLES",
            "SEE ALSO",
        ] {
            assert!(headings.contains(&heading), "{program}: {rendered}");
        }
        assert!(rendered.contains(concat!("cback-postgresql ", env!("CARGO_PKG_VERSION"))));
    }
}

/// The script is sh: its help and its option parsing are written by hand, and held to the
/// definition that its page and completions come from.
#[test]
fn the_script_parses_and_explains_the_options_of_its_definition() {
    let mut command = definition::Cli::command()
        .long_about(None::<&str>)
        .term_width(0);
    let help = run(Command::new(script("cback-postgresql")).arg("--help"));
    assert_eq!(text(&help.stdout), command.render_help().to_string());

    let (mut short, mut long) = (String::new(), vec![]);
    for argument in command.get_arguments() {
        let value = argument.get_action().takes_values();
        short.push(argument.get_short().unwrap());
        short.push_str(if value { ":" } else { "" });
        let name = argument.get_long().unwrap();
        long.push(format!("{name}{}", if value { ":" } else { "" }));
    }
    let source = fs::read_to_string(script("cback-postgresql")).unwrap();
    for wanted in [format!("-o {short} "), format!("-l {} ", long.join(","))] {
        assert!(source.contains(&wanted), "the getopt line lacks {wanted}");
    }
}

#[test]
fn the_examples_of_every_help_work_when_pasted() {
    let server = Server::start();
    let site = Site::new();
    site.configure("gzip", &["shop"]);
    server.create_database("shop");
    fs::write(site.path("shop.sql"), "SELECT 1;\n").unwrap();
    for program in PROGRAMS {
        let help = text(&run(Command::new(path(program)).arg("--help")).stdout);
        let (_, examples) = help.split_once("\nExamples:\n").unwrap();
        let examples: Vec<_> = examples.split("  # ").skip(1).collect();
        assert!((2..=3).contains(&examples.len()), "{program}: {examples:?}");
        for example in examples {
            paste(&server, &site, example);
        }
    }
    run(Command::new("gzip").arg("-t").arg(site.path("shop.sql.gz")));
    run(Command::new("bzip2")
        .arg("-t")
        .arg(site.path("shop.sql.bz2")));
}

fn path(program: &str) -> PathBuf {
    match program {
        "cback-postgresql" => script(program),
        _ => tool(program),
    }
}

/// Types all lines but the remark into a shell; only the configuration lies elsewhere.
fn paste(server: &Server, site: &Site, example: &str) {
    let (remark, commands) = example.split_once('\n').unwrap();
    let config = site.config().display().to_string();
    let commands = commands.replace("/etc/cback3.conf", &config);
    let commands = commands.replace("--dry-run", &format!("--dry-run -c {config}"));
    let mut path = std::ffi::OsString::from(workspace().join("scripts"));
    path.push(":");
    path.push(path_with_tools(server));
    let mut shell = server.command("bash");
    shell.args(["-euo", "pipefail", "-c", &commands]);
    shell.env("PATH", path).current_dir(site.path(""));
    let output = shell.output().unwrap();
    assert!(
        output.status.success(),
        "{remark}: {}",
        text(&output.stderr)
    );
}

#[test]
fn bash_zsh_and_fish_complete() {
    let completions = workspace().join("completions");
    let bash = "source cback-postgresql.bash; set -- $(complete -p cback-postgresql); \
                while [ $1 != -F ]; do shift; done; \
                COMP_WORDS=(cback-postgresql --dr) COMP_CWORD=1; \
                $2 cback-postgresql --dr cback-postgresql; echo ${COMPREPLY[@]}";
    let zsh = "fpath=($PWD $fpath); autoload -U compinit; compinit -uD; \
               autoload +X -U _cback-postgresql; print $_comps[cback-postgresql]";
    let fish = "source cback-postgresql.fish; complete -C 'cback-postgresql --dr' | cut -f 1";
    for (shell, options, commands, expected) in [
        ("bash", &["--norc"][..], bash, "--dry-run\n"),
        ("zsh", &["-f"], zsh, "_cback-postgresql\n"),
        ("fish", &["-N"], fish, "--dry-run\n"),
    ] {
        let mut command = Command::new(shell);
        command.args(options).args(["-c", commands]);
        let output = run(command.current_dir(&completions));
        assert_eq!(text(&output.stdout), expected, "{shell}");
        assert_eq!(text(&output.stderr), "", "{shell}");
    }
}

#[track_caller]
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
