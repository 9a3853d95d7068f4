//! The completions, as they are installed, in the shells that they are for.

use crate::installed;
use cback_tests::{Finished, Run};
use std::process::Command;

/// A line to complete, and a word that has to be offered: of the scripts by hand, of the others by clap.
const COMPLETIONS: [[&str; 2]; 5] = [
    ["cback-postgresql --dr", "--dry-run"],
    ["cback-pgverify --max", "--max-age"],
    ["cback-compress --mode bz", "bzip2"],
    ["cback-pgdump --pg-dumpa", "--pg-dumpall"],
    ["cback-pgconf add --compress-mode gz", "gzip"],
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

const FISH: &str = r"
set command (string split ' ' $argv[1])[1]
source $argv[2]/share/fish/vendor_completions.d/$command.fish
complete -C $argv[1] | cut -f 1
";

#[test]
fn every_shell_completes() {
    let prefix = installed();
    for shell in [
        &["bash", "--norc", "-c", BASH, "bash"][..],
        &["zsh", "-f", "-c", ZSH, "zsh"],
        &["fish", "--no-config", "-c", FISH],
    ] {
        for [line, expected] in COMPLETIONS {
            let mut complete = Command::new(shell[0]);
            complete.args(&shell[1..]).arg(line).arg(prefix.path());
            let output = complete.run();
            assert_eq!(output.succeeds(), "", "{}: {line}", shell[0]);
            let shown = output.printed();
            let mut words = shown.split([' ', '\n', '\r', '\'']);
            assert!(words.any(|it| it == expected), "{}: {shown}", shell[0]);
        }
    }
}
