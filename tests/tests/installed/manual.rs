//! The man pages, the completions and `--help`, as they are installed: all say the same, and every
//! example can be typed.

use crate::{PROGRAMS, SCRIPTS, installed};
use cback_tests::{
    Finished, Run, Server, Site, path_with_tools, script, tool, unpacked, workspace,
};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

#[test]
fn every_page_renders_without_a_warning_and_has_its_sections() {
    let prefix = installed();
    for program in PROGRAMS.into_iter().chain(SCRIPTS) {
        let page = prefix.path().join(format!("share/man/man1/{program}.1"));
        let mut man = Command::new("man");
        man.args(["--warnings", "--local-file"]).arg(page);
        man.envs([("MANWIDTH", "80"), ("LC_ALL", "C.UTF-8")]);
        let output = man.run();
        assert_eq!(output.succeeds(), "", "{program}");
        let rendered = output.printed();
        let mut headings =
            "NAME,SYNOPSIS,DESCRIPTION,OPTIONS,EXIT STATUS,EXAMPLES,SEE ALSO".to_owned();
        if program != "cback-compress" {
            headings += ",FILES"; // and compressing reads no file and no variable
        }
        for heading in headings.split(',') {
            let is_there = rendered.lines().any(|line| line == heading);
            assert!(is_there, "{program}: {heading}: {rendered}");
        }
    }
}

/// The scripts are sh: their help, their page and their completions are written by hand, and all have
/// to name the same options; and the page shows the examples of the help.
#[test]
fn the_scripts_pages_and_completions_say_what_their_help_says() {
    let by_hand = workspace().join("scripts/manual/by-hand");
    for program in SCRIPTS {
        let read = |name: &str| fs::read_to_string(by_hand.join(name)).unwrap();
        let page = read(&format!("{program}.1")).replace("\\-", "-");
        let (_, options) = page.split_once(".SH OPTIONS\n").unwrap();
        let (options, _) = options.split_once(".SH ").unwrap();
        let fish = read(&format!("{program}.fish")).replace(" -l ", " --");
        let help = help(program);
        let expected = long_options(&help);
        assert!(expected.len() >= 5, "{expected:?}");
        assert_eq!(long_options(&options.replace("\\fB", "")), expected);
        assert_eq!(long_options(&fish), expected);
        assert_eq!(long_options(&read(&format!("{program}.bash"))), expected);
        assert_eq!(long_options(&read(&format!("_{program}"))), expected);
        for example in examples(program) {
            for line in example.lines().skip(1).map(str::trim) {
                assert!(page.contains(line), "{program}: {line}");
            }
        }
    }
}

fn long_options(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words
        .filter(|it| it.starts_with("--") && it.len() > 2)
        .collect()
}

fn help(program: &str) -> String {
    let is_script = SCRIPTS.contains(&program);
    let find = if is_script { script } else { tool };
    Command::new(find(program)).arg("--help").prints()
}

/// The commands under "Examples:", each below its remark, or an empty line where there are no remarks.
fn examples(program: &str) -> Vec<String> {
    let help = help(program);
    let (_, examples) = help.split_once("\nExamples:\n").unwrap();
    let examples = examples.split("\n\n").next().unwrap();
    if examples.contains("  # ") {
        examples.split("  # ").skip(1).map(str::to_owned).collect()
    } else {
        examples.lines().map(|line| format!("\n{line}")).collect()
    }
}

/// "The previous one stays as it was": so no example, in no text, writes to the name that the last
/// backup has.
#[test]
fn no_example_writes_over_the_last_backup() {
    let pages = ["README.md", "docs/pipelines.md", "docs/service.md"];
    let read = |page| fs::read_to_string(workspace().join(page)).unwrap();
    let mut texts: Vec<_> = pages.map(read).into();
    texts.extend(PROGRAMS.into_iter().chain(SCRIPTS).map(help));
    let text = texts.join("\n").replace("\\\n", " ").replace("|\n", "| ");
    let is_dump = |line: &&str| {
        let dumps = line.contains("pg_dump") || line.contains("cback-pgdump");
        dumps && line.contains(" | ") && !line.starts_with('|') && !line.contains("->")
    };
    let targets = text.lines().filter(is_dump).filter_map(|line| {
        let (_, target) = line.rsplit_once("> ")?;
        target.split([' ', '\'']).next()
    });
    let targets: Vec<_> = targets.filter(|it| *it != "/dev/null").collect();
    assert!(targets.len() >= 3, "{targets:?}");
    for target in targets {
        assert_eq!(target.split('.').next_back(), Some("new"), "{target}");
    }
}

#[test]
fn the_examples_of_every_help_work_when_pasted() {
    let server = Server::start();
    let site = Site::with("gzip", &["shop"]);
    server.create_database("shop");
    fs::write(site.path("shop.sql"), "SELECT 1;\n").unwrap();
    for program in [
        "cback-postgresql",
        "cback-pgdump",
        "cback-compress",
        "cback-pgconf",
    ] {
        let examples = examples(program);
        assert!((2..=5).contains(&examples.len()), "{program}: {examples:?}");
        for example in examples {
            paste(&server, &site, &example);
        }
    }
    assert!(unpacked(&site.path("shop.sql.gz")).is_some());
}

/// Types all lines but the remark into a shell; only the configuration lies elsewhere.
fn paste(server: &Server, site: &Site, example: &str) {
    let (_, commands) = example.split_once('\n').unwrap();
    let config = site.config().display().to_string();
    let commands = commands.replace("/etc/cback3.conf", &config);
    let commands = commands.replace("--dry-run", &format!("--dry-run -c {config}"));
    let mut path = OsString::from(workspace().join("scripts"));
    path.push(":");
    path.push(path_with_tools(server));
    let mut shell = server.command("bash");
    shell.args(["-euo", "pipefail", "-c", &commands]);
    shell.env("PATH", path).current_dir(site.path(""));
    let output = shell.run();
    assert!(output.status.success(), "{example}: {}", output.said());
}
