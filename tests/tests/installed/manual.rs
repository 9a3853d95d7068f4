//! The man pages, the completions and `--help`, as they are installed: all say the same. The examples of
//! every help are typed in `readme`.

use crate::{PROGRAMS, SCRIPTS, installed};
use cback_tests::{Finished, Run, script, workspace};
use std::collections::BTreeSet;
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
        let headings = "NAME,SYNOPSIS,DESCRIPTION,OPTIONS,EXIT STATUS,EXAMPLES,SEE ALSO";
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
        let help = Command::new(script(program)).arg("--help").prints();
        let expected = long_options(&help);
        assert!(expected.len() >= 5, "{expected:?}");
        let fish = read(&format!("{program}.fish")).replace(" -l ", " --");
        let others = [format!("{program}.bash"), format!("_{program}")].map(|it| read(&it));
        for text in [&options.replace("\\fB", ""), &fish]
            .into_iter()
            .chain(&others)
        {
            assert_eq!(long_options(text), expected, "{text}");
        }
        let examples = help.split_once("\nExamples:\n");
        let examples = examples.map_or("", |(_, examples)| examples);
        for line in examples.lines().filter(|line| !line.contains("# ")) {
            assert!(page.contains(line.trim()), "{program}: {line}");
        }
    }
}

fn long_options(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let options = words.filter(|it| it.starts_with("--") && it.len() > 2);
    options.collect()
}
