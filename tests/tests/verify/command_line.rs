//! The command line, and the environment.

use crate::backups::{Backups, SAME};
use cback_tests::{Finished, Run, SHELLS, Shell, assert_has, assert_times, in_each_shell, wrapped};
use std::fs;

/// "2 wrong usage." All options of the help are held against the manual's.
#[test]
fn wrong_usage_is_told_and_starts_nothing() {
    let backups = Backups::new();
    assert_has(&backups.proves(&["--help"]), "--max-age");
    let version = concat!("cback-pgverify ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(backups.proves(&["--version"]), version);
    let wrong = "--no-such-option,--max-age=x,--max-age=-1,--max-age=,--time-limit=0,--config=";
    for argument in wrong.split(',') {
        let said = backups.run(&[argument]).fails(2);
        assert_has(&said, "usage: cback-pgverify ");
    }
    let said = backups.run(&["--staged", "x.sql"]).fails(2);
    assert_has(
        &said,
        "--staged looks at what the configuration means: name no BACKUP\n",
    );
    backups.assert_clean();
}

#[test]
fn quiet_says_only_what_goes_wrong_and_verbose_each_table() {
    let (backups, _) = Backups::of_items();
    assert_eq!(backups.proves(&["-q", "x.sql"]), "");
    assert_has(
        &backups.proves(&["-v", "x.sql"]),
        "\n    public.item: 100 rows, ",
    );
}

/// "A write error is a failure, never swallowed", that of `--help` and `--version` included.
#[test]
fn a_full_or_closed_standard_output_is_a_failure() {
    let (backups, _) = Backups::of_items();
    for shell in SHELLS {
        for argument in ["--help", "--version", "x.sql"] {
            for output in [">/dev/full", ">&-"] {
                let command = backups.command(shell, &[argument]);
                let outer = ["sh", "-c", &format!("exec \"$@\" {output}"), "sh"];
                let said = wrapped(&outer, &command).run().fails(1);
                let told = "cback-pgverify: standard output cannot be written\n";
                assert_eq!(said, told, "{shell:?} {argument} {output}");
            }
        }
    }
    backups.assert_clean();
}

in_each_shell!(an_odd_environment_changes_nothing);

/// Shells and programs take options from it.
fn an_odd_environment_changes_nothing(shell: Shell) {
    let (backups, dump) = Backups::of_items();
    backups.put("all/postgresqldump-a b.txt", &dump);
    backups.put("all/.hidden/postgresqldump-c.txt", b"no backup");
    let odd = " odd \n'$(x)\"";
    for place in [odd, "-rf"] {
        fs::create_dir(backups.path(place)).unwrap();
    }
    for (name, value, way) in [
        ("POSIXLY_CORRECT", "1", "--quiet"),
        ("GETOPT_COMPATIBLE", "1", "--quiet"),
        (
            "SHELLOPTS",
            "noclobber:noglob:allexport:monitor",
            "--restore",
        ),
        ("CDPATH", "/:/usr", "--quiet"),
        ("IFS", "/abc.0123456789", "--quiet"),
        ("BLOCK_SIZE", "1GB", "--quiet"),
        ("TMPDIR", backups.path(odd).to_str().unwrap(), "--quiet"),
        ("TMPDIR", "-rf", "--quiet"),
    ] {
        let mut command = backups.command(shell, &["all", way, "--max-age", "1"]);
        let output = command.env(name, value).run();
        assert_eq!(output.succeeds(), "", "{name}={value}");
        assert_times(&output.printed(), usize::from(way == "--restore"), SAME);
    }
    for place in [odd, "-rf"] {
        assert_eq!(fs::read_dir(backups.path(place)).unwrap().count(), 0);
    }
}
