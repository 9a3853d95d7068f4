//! `eval "$(cback-pgconf shell ...)"` yields each value as it is, and runs nothing, in every shell.

use crate::{PROGRAM, given};
use cback_pgconf::{CompressMode, LocalConfig, PostgresqlConfig};
use cback_tests::{Finished, cases};
use proptest::prelude::*;
use std::path::Path;
use std::process::{Command, Output};

#[rustfmt::skip]
const SHELLS: &[&[&str]] = &[
    &["dash"], &["bash"], &["bash", "--posix"], &["busybox", "ash"], &["zsh", "--emulate", "sh"],
];

/// What a shell might take for more than text, each of which would leave a file called `ran` behind.
#[rustfmt::skip]
const NASTY: &[&str] = &[
    "$(touch ran)", "`touch ran`", "; touch ran", "' ; touch ran ; '", "'; touch ran #", "\"; touch ran; \"",
    "\\'; touch ran; \\'", "\n touch ran\n", "| touch ran", "& touch ran &", "&& touch ran", "> ran",
    "$((1+1))", "${HOME}", "$HOME", "~", "*", "?", "[a-z]", "{a,b}", "!!", "!ran", "#x", "-n", "-e", "--",
    "-", "=", "a=b", "\\", "\\\\", "\\n", "\\c", "\\0101", "%s", "%n", "'", "''", "'''", "\"", "\"'\"",
    "'\"'", "\r", "\r\n", "\n", "\n\n", "x\n", "\t", " ", "  a  b  ", "é", "日本語", "\u{1f600}", "\u{85}",
    "\u{a0}", "\u{2028}", "\u{feff}", "\u{7f}", "\u{e000}", "\u{fffd}", "\u{10ffff}", "postgresql://h/d",
    "/etc/passwd", "../x", "$'x'", "$\"x\"", "<(touch ran)", "=touch", "%self", "^x", "]]>", "<x>", "&amp;",
    "\u{83}\u{a2}",
];

/// The document that holds these values, made by ourselves.
fn document(values: &[String]) -> Vec<u8> {
    let section = PostgresqlConfig {
        user: values.first().cloned(),
        compress_mode: Some(CompressMode::None),
        databases: Some(values.to_vec()),
        ..PostgresqlConfig::default()
    };
    let local = LocalConfig {
        postgresql: Some(section),
    };
    local
        .add_config(b"<cb_config/>", false)
        .expect("XML can carry them")
}

/// What comes of a script in a shell; `$0` is the first of the arguments.
fn in_shell(
    shell: &[&str],
    script: &str,
    arguments: &[&str],
    directory: &Path,
    locale: &str,
) -> Output {
    let mut command = Command::new(shell[0]);
    command
        .args(&shell[1..])
        .args(["-c", script])
        .args(arguments);
    let output = command
        .current_dir(directory)
        .env("LC_ALL", locale)
        .output();
    output.unwrap_or_else(|error| panic!("{} must be installed for this test: {error}", shell[0]))
}

/// Prints the user, then each database and its file, each ended by NUL.
const PRINT: &str = r#"eval "$1"; printf '%s\000' "$user"; n=0
    for name; do n=$((n + 1)); eval "file=\$file_$n"; printf '%s\000' "$name" "$file"; done"#;

fn check_in_every_shell(values: &[String]) {
    let said = given(document(values), "shell --no-validate");
    said.is(0, &said.stdout, "");
    let mut expected = values[0].clone() + "\0";
    for name in values {
        let safe = if name.contains('/') {
            &name.replace('%', "%25").replace('/', "%2F")
        } else {
            name
        };
        expected.extend([name, "\0postgresqldump-", safe, ".txt\0"]);
    }
    let directory = tempfile::tempdir().expect("a directory");
    for shell in SHELLS {
        for locale in ["C", "C.UTF-8"] {
            let output = in_shell(
                shell,
                PRINT,
                &["sh", &said.stdout],
                directory.path(),
                locale,
            );
            assert_eq!(output.succeeds(), "", "{shell:?}");
            let seen = output.stdout.escape_ascii().to_string();
            assert_eq!(
                seen,
                expected.as_bytes().escape_ascii().to_string(),
                "{shell:?} {locale}"
            );
            let left = std::fs::read_dir(directory.path())
                .expect("it is there")
                .count();
            assert_eq!(left, 0, "{shell:?} ran something");
        }
    }
}

#[test]
fn nasty_values_stay_text() {
    let mut values: Vec<String> = NASTY.iter().map(|&value| value.to_owned()).collect();
    check_in_every_shell(&values);
    // Each of them as the user too, who comes first and stands in an assignment.
    let together = values.concat();
    values.insert(0, together);
    check_in_every_shell(&values);
}

#[test]
fn a_command_substitution_keeps_what_a_value_ends_with() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("conf"), document(&["a\n\n".into()])).expect("room");
    let script = r#"conf=$("$0" shell --section-only --prefix my_ conf) || exit; eval "$conf"; printf '%s.' "$my_user" "$@" $#"#;
    for shell in SHELLS {
        let output = in_shell(shell, script, &[PROGRAM], directory.path(), "C");
        assert_eq!(output.printed(), "a\n\n.a\n\n.1.", "{shell:?}");
    }
}

#[test]
fn nothing_that_could_become_a_nul_is_let_through() {
    for value in ["\0", "&#0;", "&#x0;", "&#00;"] {
        let document =
            format!("<cb_config><postgresql><user>a{value}b</user></postgresql></cb_config>");
        let said = given(document, "shell --no-validate");
        said.is(1, "", &said.stderr);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(6)))]

    #[test]
    fn any_values_stay_text(values in prop::collection::vec(value(), 1..60)) {
        check_in_every_shell(&values);
    }
}

/// Whatever XML can carry, with what means something to a shell made likely.
fn value() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::sample::select(r#" '"\$`;|&<>(){}[]*?!#~=%-"#.chars().chain("\n\t\r".chars()).collect::<Vec<_>>()),
        2 => prop::char::range('!', '~'),
        2 => any::<char>().prop_filter("XML", |&c| {
            !c.is_control() && c != '\u{fffe}' && c != '\u{ffff}'
        }),
    ];
    prop::collection::vec(character, 1..20).prop_map(|characters| characters.into_iter().collect())
}
