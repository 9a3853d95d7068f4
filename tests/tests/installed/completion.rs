//! The completions, as they are installed, in the shells that they are for.

use crate::installed;
use cback_tests::{Finished, Run, run_with_input};
use std::path::Path;
use std::process::{Command, Output};

/// A line to complete, and a word that has to be offered.
const COMPLETIONS: [(&str, &str); 7] = [
    ("cback-postgresql --dr", "--dry-run"),
    ("cback-pgverify --max", "--max-age"),
    ("cback-compress --mode bz", "bzip2"),
    ("cback-pgdump --pg-dumpa", "--pg-dumpall"),
    ("cback-pgconf ad", "add"),
    ("cback-pgconf shell --no-v", "--no-validate"),
    ("cback-pgconf add --compress-mode gz", "gzip"),
];

/// Interactive bash without its keyboard: it looks for the function of the command, and calls it
/// with the words typed and the place of the one to complete.
const BASH: &str = r#"
line=$1 command=${1%% *}
. "$2/share/bash-completion/completions/$command"
set -- $(complete -p "$command")
while [ "$1" != -F ]; do shift; done
COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=($line)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; } # speaks to readline
"$2" "$command" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

#[test]
fn bash_completes() {
    each_word_is_completed(|line, prefix| {
        let mut bash = Command::new("bash");
        let bash = bash.args(["--norc", "-c", BASH, "bash", line]);
        bash.arg(prefix).run()
    });
}

/// Nothing but a keyboard has zsh complete: so one zsh types into another.
const ZSH: &str = r#"
zmodload zsh/zpty
zpty shell "TERM=dumb HISTFILE= PS1='READY>' zsh -f -i"
expect() { zpty -r -m shell line "*$1*" }
expect 'READY>'
zpty -w shell "fpath=($2/share/zsh/site-functions \$fpath); autoload -U compinit; compinit -uD; PS1='SET''>'"
expect 'SET>'
zpty -w -n shell "$1"$'\t'
zpty -w -n shell $'\C-aGOT' # before the line, when that is completed
expect GOT
print -r -- "$line"
"#;

#[test]
fn zsh_completes() {
    each_word_is_completed(|line, prefix| {
        let mut zsh = Command::new("zsh");
        zsh.args(["-f", "-c", ZSH, "zsh", line]).arg(prefix).run()
    });
}

#[test]
fn fish_completes() {
    each_word_is_completed(|line, prefix| {
        let program = line.split(' ').next().unwrap();
        let completions = prefix.join(format!("share/fish/vendor_completions.d/{program}.fish"));
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-C"]);
        fish.arg(format!("source {}", completions.display()));
        let typed = format!("complete -C '{line}' | cut -f 1\n");
        run_with_input(&mut fish, typed.as_bytes())
    });
}

/// By `complete`, which is given a line to complete and the prefix.
#[track_caller]
fn each_word_is_completed(complete: impl Fn(&str, &Path) -> Output) {
    let prefix = installed();
    for (line, expected) in COMPLETIONS {
        let output = complete(line, prefix.path());
        assert_eq!(output.succeeds(), "", "{line}");
        let shown = output.printed();
        let words: Vec<_> = shown.split([' ', '\n', '\r', '\'']).collect();
        let is_offered = words.contains(&expected);
        assert!(is_offered, "{line}: {expected} is not offered: {shown}");
    }
}
