//! The man pages, the completions and `--help`, as they are installed: all say the same, and what
//! they say can be done.

use crate::installed;
use cback_tests::{
    Finished, Run, Server, Site, path_with_tools, script, tool, unpacked, workspace,
};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;

use std::process::Command;

const PROGRAMS: [&str; 3] = ["cback-pgconf", "cback-pgdump", "cback-compress"];
const SCRIPTS: [&str; 2] = ["cback-postgresql", "cback-pgverify"];

const HEADINGS: [&str; 7] = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "EXIT STATUS",
    "EXAMPLES",
    "SEE ALSO",
];

/// The remark of an example that has none.
const UNEXPLAINED: &str = "an example";

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
        let mut headings = HEADINGS.to_vec();
        if program != "cback-compress" {
            headings.push("FILES"); // and compressing reads no file and no variable
        }
        if !["cback-compress", "cback-pgconf"].contains(&program) {
            headings.push("ENVIRONMENT");
        }
        for heading in headings {
            let is_there = rendered.lines().any(|line| line == heading);
            assert!(is_there, "{program}: {heading}: {rendered}");
        }
    }
}

/// The scripts are sh: their help, their getopt line, their page and their completions are written
/// by hand, and all have to name the same options.
#[test]
fn the_scripts_pages_and_completions_name_the_options_of_their_help() {
    let by_hand = workspace().join("scripts/manual/by-hand");
    let read = |name: String| fs::read_to_string(by_hand.join(name)).unwrap();
    for program in SCRIPTS {
        let help = help(program);
        let lines = help.lines().map(str::trim_start);
        let options = lines.filter(|line| line.starts_with('-'));
        let options = options.flat_map(|line| words(line.split("  ").next().unwrap()));
        let expected: BTreeSet<_> = options.collect();
        assert!(expected.len() >= 10, "{program}: {expected:?}");

        let page = read(format!("{program}.1")).replace("\\-", "-");
        let (_, section) = page.split_once(".SH OPTIONS\n").unwrap();
        let (section, _) = section.split_once(".SH ").unwrap();
        let tags = section.lines().filter(|line| line.starts_with("\\fB-"));
        let on_page: BTreeSet<_> = tags.flat_map(words).collect();
        assert_eq!(on_page, expected, "{program}.1");

        let bash = read(format!("{program}.bash"));
        let line = bash.lines().find(|line| line.contains("local options="));
        let in_bash: BTreeSet<_> = words(line.unwrap()).collect();
        assert_eq!(in_bash, expected, "{program}.bash");

        let zsh = read(format!("_{program}"));
        let arguments = zsh.lines().filter(|line| line.starts_with(' '));
        let arguments = arguments.filter_map(|line| line.split('[').next());
        let in_zsh: BTreeSet<_> = arguments.flat_map(words).collect();
        assert_eq!(in_zsh, expected, "_{program}");

        let fish = read(format!("{program}.fish"));
        let in_fish: BTreeSet<_> = fish.lines().flat_map(fish_options).collect();
        assert_eq!(in_fish, expected, "{program}.fish");
    }
}

/// The words that begin with one or two `-`, without what encloses them.
fn words(line: &str) -> impl Iterator<Item = String> + '_ {
    let is_option = |word: &&str| {
        let name = word.strip_prefix("--").or(word.strip_prefix('-'));
        name.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let words = words.map(|word| word.strip_prefix("fB").unwrap_or(word));
    words.filter(is_option).map(str::to_owned)
}

fn fish_options(line: &str) -> Vec<String> {
    let words: Vec<_> = line.split(' ').collect();
    let option = |pair: &[&str]| match pair {
        ["-s", letter] => Some(format!("-{letter}")),
        ["-l", name] => Some(format!("--{name}")),
        _ => None,
    };
    words.windows(2).filter_map(option).collect()
}

fn help(program: &str) -> String {
    let is_script = SCRIPTS.contains(&program);
    let find = if is_script { script } else { tool };
    Command::new(find(program)).arg("--help").prints()
}

/// The commands under "Examples:", each with the remark above it, if there are remarks.
fn examples(program: &str) -> Vec<String> {
    let help = help(program);
    let (_, examples) = help.split_once("\nExamples:\n").unwrap();
    let examples = examples.split("\n\n").next().unwrap();
    if examples.contains("  # ") {
        examples.split("  # ").skip(1).map(str::to_owned).collect()
    } else {
        let lines = examples.lines();
        lines.map(|line| format!("{UNEXPLAINED}\n{line}")).collect()
    }
}

#[test]
fn the_scripts_pages_show_the_examples_of_their_help() {
    for program in SCRIPTS {
        let page = workspace().join(format!("scripts/manual/by-hand/{program}.1"));
        let page = fs::read_to_string(page).unwrap().replace("\\-", "-");
        for example in examples(program) {
            let lines = example.lines().map(str::trim);
            for line in lines.filter(|line| *line != UNEXPLAINED) {
                assert!(page.contains(line), "{program}: {line}");
            }
        }
    }
}

/// A backup that fails must leave the last one as it is: so no example, in no text, writes to the
/// name that the last one has.
#[test]
fn no_example_writes_over_the_last_backup() {
    let pages = ["README.md", "docs/pipelines.md", "docs/service.md"];
    let read = |page| fs::read_to_string(workspace().join(page)).unwrap();
    let mut texts: Vec<_> = pages.map(read).into();
    texts.extend(PROGRAMS.into_iter().chain(SCRIPTS).map(help));
    let text = texts.join("\n").replace("\\\n", " ").replace("|\n", "| ");
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.starts_with('|')) {
        let Some((before, after)) = line.rsplit_once("> ") else {
            continue;
        };
        let dumps = before.contains("pg_dump") || before.contains("cback-pgdump");
        let is_picture = before.contains("->");
        if is_picture || !dumps || after.starts_with("/dev/null") || !before.contains('|') {
            continue;
        }
        seen += 1;
        let target = after.split([' ', '\'']).next().unwrap();
        assert_eq!(target.split('.').next_back(), Some("new"), "{line}");
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn the_examples_of_every_help_work_when_pasted() {
    let server = Server::start();
    let site = Site::with("gzip", &["shop"]);
    server.create_database("shop");
    fs::write(site.path("shop.sql"), "SELECT 1;\n").unwrap();
    let first = ["cback-postgresql", "cback-pgdump", "cback-compress"];
    for program in first.into_iter().chain(["cback-pgconf"]) {
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
    let (remark, commands) = example.split_once('\n').unwrap();
    let config = site.config().display().to_string();
    let mut commands = commands.replace("/etc/cback3.conf", &config);
    for option in ["--dry-run", "--jobs 1"] {
        commands = commands.replace(option, &format!("{option} -c {config}"));
    }
    let mut path = OsString::from(workspace().join("scripts"));
    path.push(":");
    path.push(path_with_tools(server));
    let mut shell = server.command("bash");
    shell.args(["-euo", "pipefail", "-c", &commands]);
    shell.env("PATH", path).current_dir(site.path(""));
    let output = shell.run();
    assert!(output.status.success(), "{remark}: {}", output.said());
}
