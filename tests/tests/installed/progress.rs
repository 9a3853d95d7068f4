//! How far it is: shown to whoever sits at a terminal.

use cback_tests::{Run, SHELLS, Site, create_sample, server, wrapped};

/// "bytes in, bytes out and rate on stderr while it works, if stderr is a terminal"; "`-q`: only problems."
#[test]
fn a_terminal_shows_bytes_in_and_out_unless_quiet_is_wanted() {
    create_sample(server(), "shop");
    let site = Site::with("gzip", &["shop"]);
    let in_terminal = ["sh", "-c", "script -qec \"$*\" /dev/null", "sh"];
    for shell in SHELLS {
        let mut backup = site.command(server(), shell);
        backup.env("TERM", "xterm"); // a dumb one shows none
        let shown = wrapped(&in_terminal, &backup).prints();
        for words in ["MB in, ", " out (", " %), ", "/s, ", "postgresql: shop: "] {
            assert!(shown.contains(words), "{shell:?}: {shown}");
        }
        let mut quiet = wrapped(&in_terminal, backup.arg("--quiet"));
        assert_eq!(quiet.prints(), "", "{shell:?}");
    }
}
