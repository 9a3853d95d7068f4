//! How far it is: shown to whoever sits at a terminal.

use cback_tests::{Run, SHELLS, Shell, Site, create_sample, server, wrapped};

/// A terminal's screen, which `script` makes, of a backup of the sample database.
fn screen(shell: Shell, options: &[&str]) -> String {
    let site = Site::with("gzip", &["shop"]);
    let in_terminal = ["sh", "-c", "script -qec \"$*\" /dev/null", "sh"];
    let mut backup = site.command(server(), shell);
    backup.env("TERM", "xterm"); // a dumb one shows none
    wrapped(&in_terminal, backup.args(options)).prints()
}

/// "bytes in, bytes out and rate on stderr while it works, if stderr is a terminal"; "`-q`: only problems."
#[test]
fn a_terminal_shows_bytes_in_and_out_unless_quiet_is_wanted() {
    create_sample(server(), "shop");
    for shell in SHELLS {
        let shown = screen(shell, &[]);
        for words in ["MB in, ", " out (", " %), ", "/s, ", "postgresql: shop: "] {
            assert!(shown.contains(words), "{shell:?}: {shown}");
        }
        assert_eq!(screen(shell, &["--quiet"]), "", "{shell:?}");
    }
}
