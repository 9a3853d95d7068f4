//! The command line, and the environment.

use crate::backups::Backups;
use cback_tests::{Finished, Run, SHELLS, Shell, Site, in_each_shell, wrapped};
use std::fs;

/// "2 wrong usage." All options of the help are held against the manual's.
#[test]
fn wrong_usage_is_told_and_starts_nothing() {
    let backups = Backups::new();
    assert!(backups.proves(&["--help"]).contains("--max-age"));
    let version = concat!("cback-pgverify ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(backups.proves(&["--version"]), version);
    for arguments in [
        &["--no-such-option"][..],
        &["--max-age", "x"],
        &["--max-age", "-1"],
        &["--max-age", ""],
        &["--time-limit", "0"],
        &["--config", ""],
    ] {
        let said = backups.run(arguments).fails(2);
        assert!(
            said.contains("usage: cback-pgverify "),
            "{arguments:?}: {said}"
        );
        backups.assert_clean();
    }
}

/// "One that is missing is a failure."
#[test]
fn a_configuration_of_which_nothing_is_there_is_a_failure() {
    let site = Site::with("gzip", &["one", "two"]);
    let backups = Backups::new();
    let config = site.config();
    let arguments = ["-c", config.to_str().unwrap()];
    let said = backups.refuses(&arguments, "postgresqldump-one.txt.gz: missing");
    assert!(
        said.contains("postgresqldump-two.txt.gz: missing"),
        "{said}"
    );
    fs::remove_file(&config).unwrap();
    backups.refuses(&arguments, "cback3.conf");
}

#[test]
fn quiet_says_only_what_goes_wrong_and_verbose_each_table() {
    let (backups, _) = Backups::of_items();
    assert_eq!(backups.proves(&["-q", "x.sql"]), "");
    let printed = backups.proves(&["-v", "x.sql"]);
    assert!(
        printed.contains("\n    public.item: 100 rows, "),
        "{printed}"
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
    for (name, value) in [
        ("POSIXLY_CORRECT", "1"),
        ("GETOPT_COMPATIBLE", "1"),
        ("SHELLOPTS", "noclobber:noglob:allexport:monitor"),
        ("CDPATH", "/:/usr"),
        ("IFS", "/abc.0123456789"),
        ("BLOCK_SIZE", "1GB"),
        ("TMPDIR", backups.path(odd).to_str().unwrap()),
        ("TMPDIR", "-rf"),
    ] {
        let restore = if name == "SHELLOPTS" {
            "--restore"
        } else {
            "--quiet"
        };
        let mut command = backups.command(shell, &["all", restore, "--max-age", "1"]);
        let output = command.env(name, value).run();
        assert_eq!(output.succeeds(), "", "{name}={value}");
        let proven = output
            .printed()
            .matches(" s and found the same rows and definitions\n")
            .count();
        assert_eq!(
            proven,
            usize::from(restore == "--restore"),
            "{name}={value}"
        );
    }
    for place in [odd, "-rf"] {
        assert_eq!(fs::read_dir(backups.path(place)).unwrap().count(), 0);
    }
}
