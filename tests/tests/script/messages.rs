//! "A line per backup on stderr: database, file, size, seconds. `-q`: only problems."

use crate::with_jobs;
use cback_tests::{Finished, Run, Shell, Site, in_each_shell, server};
use std::fs;
use std::os::unix::fs::PermissionsExt;

in_each_shell!(
    each_option_says_as_much_as_it_promises,
    messages_of_several_never_mix_and_name_their_database,
);

/// "`-q`: only problems. `-n`: says what it would do, connects nowhere, writes nothing. The configuration's warnings are
/// shown in every run (not with `-q`), so that a database that is skipped for a typing error is noticed."
fn each_option_says_as_much_as_it_promises(shell: Shell) {
    let site = Site::with("none", &["postgres", "a/b\nc"]);
    fs::set_permissions(site.config(), fs::Permissions::from_mode(0o644)).unwrap();
    let [config, collect] = [site.config(), site.collect_dir()].map(|it| it.display().to_string());
    let warning = format!("cback-pgconf: {config}: warning: can be read by everybody");
    let mut dry = site.command(server(), shell);
    dry.arg("--dry-run").env("PGHOST", "/nowhere");
    let said = dry.run().succeeds();
    let expected = format!(
        "cback-postgresql: would back up postgres to {collect}/postgresqldump-postgres.txt\n\
         cback-postgresql: would back up a/b?c to {collect}/postgresqldump-a%2Fb?c.txt\n"
    );
    let is_whole = said.starts_with(&warning) && said.ends_with(&expected);
    assert!(is_whole && site.listing().is_empty(), "{said}");

    let run = |option: Option<&str>| site.command(server(), shell).args(option).run().fails(1);
    let [plain, verbose, quiet] = [None, Some("-v"), Some("-q")].map(run);
    let length = site.backup("postgresqldump-postgres.txt").len();
    let line = format!(
        "\ncback-postgresql: postgres: {collect}/postgresqldump-postgres.txt, {length} bytes, "
    );
    let (_, seconds) = plain.split_once(&line).expect(&plain);
    let (seconds, _) = seconds.split_once(" s\n").expect(&plain);
    assert!(seconds.parse::<u32>().is_ok(), "{plain}");
    let progress = "pg_dump: reading user-defined tables";
    for (said, is_quiet, is_verbose) in [
        (plain, false, false),
        (verbose, false, true),
        (quiet, true, false),
    ] {
        assert_eq!(said.contains(progress), is_verbose, "{said}");
        assert_eq!(said.starts_with(&warning), !is_quiet, "{said}");
        assert_eq!(said.contains("postgres: "), !is_quiet, "{said}");
        let last = "\ncback-postgresql: not backed up: a/b?c\n";
        assert!(said.ends_with(last), "{said}");
    }
    site.configure("none", &["postgres"]);
    let mut quiet = site.command(server(), shell);
    assert_eq!(quiet.arg("--quiet").run().succeeds(), "");
}

/// As pg_dump does, each line comes in three writes.
fn messages_of_several_never_mix_and_name_their_database(shell: Shell) {
    let mut site = Site::new();
    site.replace_pg_dump(
        "for i in 1 2 3 4 5 6 7 8 9 10; do\n\
         printf 'pg_dump: ' >&2; printf \"$PGDATABASE \" >&2; printf 'line %d\\n' $i >&2\n\
         done; printf 'no end' >&2; exec pg_dump \"$@\"",
    );
    site.configure("none", &["postgres", "template1"]);
    let said = with_jobs(&site, shell, 4).arg("--quiet").run().succeeds();
    let mut expected = vec![];
    for database in ["postgres", "template1"] {
        let line = |words: &str| format!("cback-postgresql: {database}: {words}");
        expected.extend((1..=10).map(|it| line(&format!("pg_dump: {database} line {it}"))));
        expected.push(line("no end"));
    }
    expected.sort();
    let mut lines: Vec<_> = said.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, expected);
}
