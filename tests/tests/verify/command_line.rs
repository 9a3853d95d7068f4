//! The command line.

use crate::backups::{Backups, create_items, dump};
use cback_tests::{Finished, Run, SHELLS, Shell, Site, in_each_shell, server, wrapped};
use std::fs;

#[test]
fn wrong_usage_is_told_and_starts_nothing() {
    let backups = Backups::new();
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

#[test]
fn a_configuration_of_which_nothing_is_there_is_a_failure() {
    let site = Site::with("gzip", &["one", "two"]);
    let backups = Backups::new();
    let said = backups.refuses(&["-c", site.config().to_str().unwrap()]);
    assert!(
        said.contains("postgresqldump-one.txt.gz: missing"),
        "{said}"
    );
    assert!(
        said.contains("postgresqldump-two.txt.gz: missing"),
        "{said}"
    );
    fs::remove_file(site.config()).unwrap();
    backups.refuses(&["-c", site.config().to_str().unwrap()]);
}

#[test]
fn quiet_says_only_what_goes_wrong_and_verbose_each_table() {
    create_items(server(), "words");
    let backups = Backups::new();
    backups.put("words.sql", &dump(server(), Some("words")));
    assert_eq!(backups.proves(&["-q", "words.sql"]), "");
    let printed = backups.proves(&["-v", "words.sql"]);
    assert!(
        printed.contains("\n    public.item: 100 rows, "),
        "{printed}"
    );
}

#[test]
fn a_full_standard_output_is_a_failure() {
    create_items(server(), "full");
    let backups = Backups::new();
    backups.put("full.sql", &dump(server(), Some("full")));
    let full = ["sh", "-c", "exec \"$@\" >/dev/full", "sh"];
    let command = backups.command(SHELLS[0], &["full.sql"]);
    let said = wrapped(&full, &command).run().fails(1);
    assert!(said.contains("standard output cannot be written"), "{said}");
    backups.assert_clean();
    for shell in SHELLS {
        for option in ["--help", "--version"] {
            for output in [">/dev/full", ">&-"] {
                let command = backups.command(shell, &[option]);
                let outer = ["sh", "-c", &format!("exec \"$@\" {output}"), "sh"];
                let said = wrapped(&outer, &command).run().fails(1);
                let told = "cback-pgverify: standard output cannot be written\n";
                assert_eq!(said, told, "{shell:?} {option} {output}");
            }
        }
    }
}

in_each_shell!(an_odd_environment_changes_nothing);

/// Shells and programs take options from it.
fn an_odd_environment_changes_nothing(shell: Shell) {
    let name = format!("odd {}", shell.join(" "));
    create_items(server(), &name);
    let backups = Backups::new();
    backups.put("all/postgresqldump-a b.txt", &dump(server(), Some(&name)));
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
        let mut command = backups.command(shell, &["all", "--restore", "--max-age", "1"]);
        let output = command.env(name, value).run();
        assert_eq!(output.succeeds(), "", "{name}={value}");
        let printed = output.printed();
        assert!(
            printed.ends_with(" s and found the same rows\n"),
            "{name}: {printed}"
        );
        assert_eq!(printed.lines().count(), 1, "{name}: {printed}");
    }
    for place in [odd, "-rf"] {
        assert_eq!(fs::read_dir(backups.path(place)).unwrap().count(), 0);
    }
}

#[test]
fn help_and_version_are_told() {
    let backups = Backups::new();
    let help = backups.proves(&["--help"]);
    for option in [
        "--config",
        "--max-age",
        "--restore",
        "--pg-bin",
        "--time-limit",
        "--quiet",
        "--verbose",
    ] {
        assert!(help.contains(option), "{help}");
    }
    assert!(
        backups
            .proves(&["--version"])
            .starts_with("cback-pgverify 0.")
    );
}
