//! "`shell` prints POSIX assignments, safe for `eval` whatever the values hold", in every shell.

use crate::PROGRAM;
use cback_pgconf::{CompressMode, LocalConfig, PostgresqlConfig};
use cback_tests::{Finished, Run, SHELLS};
use std::process::Command;

/// Values that a shell might take for more than text, some of which would leave a file called `ran` behind.
#[rustfmt::skip]
const NASTY: &[&str] = &[
    "$(touch ran)", "`touch ran`", "; touch ran", "' ; touch ran ; '", "'; touch ran #", "\"; touch ran; \"",
    "\\'; touch ran; \\'", "\n touch ran\n", "| touch ran", "& touch ran &", "&& touch ran", "> ran",
    "$((1+1))", "${HOME}", "$HOME", "~", "*", "?", "[a-z]", "{a,b}", "!!", "!ran", "#x", "-n", "-e", "--",
    "-", "=", "a=b", "\\", "\\\\", "\\n", "\\c", "\\0101", "%s", "%n", "'", "''", "'''", "\"", "\"'\"",
    "'\"'", "\r", "\r\n", "\n", "\n\n", "x\n", "\t", " ", "  a  b  ", "é", "日本語", "\u{1f600}", "\u{85}",
    "\u{a0}", "\u{2028}", "\u{feff}", "\u{7f}", "\u{e000}", "\u{fffd}", "\u{10ffff}", "postgresql://h/d",
    "/etc/passwd", "../x", "$'x'", "$\"x\"", "<(touch ran)", "=touch", "%self", "^x", "]]>", "<x>", "&amp;",
    "\u{83}\u{a2}", "a\n\n",
];

/// Prints the user, then each database and its file, each ended by NUL.
const PRINT: &str = r#"conf=$("$0" shell --no-validate conf) || exit; eval "$conf"; printf '%s\000' "$user"; n=0
    for name; do n=$((n + 1)); eval "file=\$file_$n"; printf '%s\000' "$name" "$file"; done"#;

/// Once with the last of them as the user, that stands in an assignment: command substitution keeps the
/// line ends it ends with. Once with all of them together.
#[test]
fn nasty_values_stay_text() {
    for user in [NASTY[NASTY.len() - 1], &NASTY.concat()] {
        let section = PostgresqlConfig {
            user: Some(user.to_owned()),
            compress_mode: Some(CompressMode::None),
            databases: Some(NASTY.iter().map(|&name| name.to_owned()).collect()),
            ..PostgresqlConfig::default()
        };
        let postgresql = Some(section);
        let document = LocalConfig { postgresql }.add_config(b"<cb_config/>", false);
        let mut expected = user.to_owned() + "\0";
        for name in NASTY {
            let escaped = name.replace('%', "%25").replace('/', "%2F");
            let safe = if name.contains('/') { &escaped } else { *name };
            expected.extend([name, "\0postgresqldump-", safe, ".txt\0"]);
        }
        let directory = tempfile::tempdir().expect("a directory");
        let document = document.expect("XML can carry them");
        std::fs::write(directory.path().join("conf"), document).expect("room");
        let in_locale = |locale| SHELLS.map(|shell| (shell, locale));
        for (shell, locale) in in_locale("C").into_iter().chain(in_locale("C.UTF-8")) {
            let mut command = Command::new(shell[0]);
            command.args(&shell[1..]).args(["-c", PRINT, PROGRAM]);
            let output = command.current_dir(&directory).env("LC_ALL", locale).run();
            assert_eq!(output.succeeds(), "", "{shell:?}");
            assert_eq!(output.printed(), expected, "{shell:?} {locale}");
            let files = directory.path().read_dir().expect("it is there").count();
            assert_eq!(files, 1, "{shell:?} ran something");
        }
    }
}
