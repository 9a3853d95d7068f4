//! `eval "$(cback-pgconf shell ...)"` yields each value as it is, and runs nothing, in every shell.

#[path = "program/mod.rs"]
mod program;

use std::path::Path;
use std::process::Command;

use cback_pgconf::{CompressMode, LocalConfig, PostgresqlConfig};
use program::{given, pgconf};
use proptest::prelude::*;

#[rustfmt::skip]
const SHELLS: &[&[&str]] = &[
    &["dash"], &["bash"], &["bash", "--posix"], &["busybox", "ash"], &["mksh"], &["zsh", "--emulate", "sh"],
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

/// What a shell sees of them, each ended by NUL: the user, then each database and its file.
fn seen_by(shell: &[&str], directory: &Path, assignments: &str, locale: &str) -> Vec<u8> {
    let script = r#"eval "$1"; printf '%s\000' "$user"; n=0
        for name; do n=$((n + 1)); eval "file=\$file_$n"; printf '%s\000' "$name" "$file"; done"#;
    let mut command = Command::new(shell[0]);
    command
        .args(&shell[1..])
        .args(["-c", script, "sh", assignments]);
    let output = command
        .current_dir(directory)
        .env("LC_ALL", locale)
        .output();
    let missing = |error| panic!("{} must be installed for this test: {error}", shell[0]);
    let output = output.unwrap_or_else(missing);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell:?}");
    assert!(output.status.success(), "{shell:?}");
    output.stdout
}

fn check_in_every_shell(values: &[String]) {
    let said = given(document(values), pgconf(["shell", "--no-validate"]));
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
    let mut expected = values[0].clone() + "\0";
    for name in values {
        let safe = if name.contains('/') {
            &name.replace('%', "%25").replace('/', "%2F")
        } else {
            name
        };
        expected.extend([name, "\0postgresqldump-", safe, ".txt\0"]);
    }
    let expected = expected.into_bytes();
    let directory = tempfile::tempdir().expect("a directory");
    for shell in SHELLS {
        for locale in ["C", "C.UTF-8"] {
            let seen = seen_by(shell, directory.path(), &said.stdout, locale);
            assert_eq!(
                seen.escape_ascii().to_string(),
                expected.escape_ascii().to_string(),
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
    let file = directory.path().join("conf");
    std::fs::write(&file, document(&["a\n\n".into()])).expect("it can be written");
    for shell in SHELLS {
        let script = r#"conf=$("$0" shell --section-only --prefix my_ "$1") || exit; eval "$conf"; printf '%s.' "$my_user" "$@" $#"#;
        let output = Command::new(shell[0])
            .args(&shell[1..])
            .args(["-c", script, env!("CARGO_BIN_EXE_cback-pgconf")])
            .arg(&file)
            .output()
            .unwrap_or_else(|error| {
                panic!("{} must be installed for this test: {error}", shell[0])
            });
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "a\n\n.a\n\n.1.",
            "{shell:?}"
        );
    }
}

#[test]
fn nothing_that_could_become_a_nul_is_let_through() {
    for value in ["\0", "&#0;", "&#x0;", "&#00;"] {
        let document =
            format!("<cb_config><postgresql><user>a{value}b</user></postgresql></cb_config>");
        let said = given(document, pgconf(["shell", "--no-validate"]));
        assert_eq!(
            (said.status, said.stdout.as_str()),
            (Some(1), ""),
            "{value:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

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
