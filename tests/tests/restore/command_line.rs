//! "Exit status: 2 wrong usage"; and surroundings that are not the usual ones.

use crate::place::{Place, items};
use cback_tests::{Finished, Run, SHELLS, Shell, assert_has, in_each_shell, server, wrapped};

in_each_shell!(wrong_usage_is_status_2);

fn wrong_usage_is_status_2(shell: Shell) {
    let place = Place::new();
    let long = "x".repeat(64);
    for arguments in [
        &[][..],
        &["one", "two"],
        &["--into", "", "x.sql"],
        &["--database", &long, "x.sql"],
        &["--everything", "--into", "x", "x.sql"],
        &["--jobs", "0", "x.sql"],
        &["--none"],
    ] {
        let said = place.command(shell, arguments).run().fails(2);
        assert_has(&said, "usage: cback-pgrestore ");
    }
    let help = place.command(shell, &["--help"]).prints();
    assert!(help.starts_with("Restore a PostgreSQL backup "), "{help}");
    let version = concat!("cback-pgrestore ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(place.command(shell, &["--version"]).prints(), version);
    place.assert_clean();
}

/// Settings of the caller's are not in the way, nor is what he has closed.
#[test]
fn odd_surroundings_change_nothing() {
    let place = Place::new();
    place.put("postgresqldump-x.txt", &items(server(), "surrounded"));
    for (number, shell) in SHELLS.into_iter().enumerate() {
        let into = format!("x{number}");
        let arguments = ["--compare", "--into", &into, "postgresqldump-x.txt"];
        let mut command = place.command(shell, &arguments);
        command.envs([
            (
                "PGOPTIONS",
                "-c default_transaction_read_only=on -c statement_timeout=1ms",
            ),
            ("PGTZ", "Asia/Kolkata"),
            ("POSIXLY_CORRECT", "1"),
            ("IFS", "o"),
            ("CDPATH", "/"),
            ("SHELLOPTS", "noglob:xtrace"),
            ("LC_ALL", "tr_TR.UTF-8"),
        ]);
        let closed = "exec \"$@\" <&- 2>&-";
        let output = wrapped(&["sh", "-c", closed, "sh"], &command).run();
        output.succeeds();
        let start = format!("restored {into} ");
        assert!(output.printed().starts_with(&start), "{shell:?}");
    }
    place.assert_clean();
    let command = place.command(SHELLS[0], &["postgresqldump-x.txt"]);
    let full = "exec \"$@\" >/dev/full";
    let said = wrapped(&["sh", "-c", full, "sh"], &command).run().fails(1);
    assert_has(
        &said,
        "x: restored, but standard output cannot be written\n",
    );
}
