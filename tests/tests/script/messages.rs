//! "A line per backup on stderr: database, file, size, seconds. `-q`: only problems."

use crate::with_jobs;
use cback_tests::{Finished, Run, Shell, Site, in_each_shell, server};
use std::fs;
use std::os::unix::fs::PermissionsExt;

in_each_shell!(
    each_option_says_as_much_as_it_promises,
    messages_of_several_never_mix_and_name_their_database,
    a_missing_seal_is_no_news_after_the_real_error,
);

/// "`-q`: only problems. `-n`: says what it would do, connects nowhere, writes nothing. The configuration's warnings are
/// shown in every run (not with `-q`), so that a database that is skipped for a typing error is noticed."
fn each_option_says_as_much_as_it_promises(shell: Shell) {
    let site = Site::with("none", &["postgres", "a/b\nc"]);
    fs::set_permissions(site.config(), fs::Permissions::from_mode(0o644)).unwrap();
    let [config, collect] = [site.config(), site.collect_dir()].map(|it| it.display().to_string());
    let warning = format!("cback-pgconf: {config}: warning: can be read by everybody");
    let file = |escaped: &str| format!("{collect}/postgresqldump-{escaped}.txt");
    let would =
        |name: &str, file: &str| format!("cback-postgresql: would back up {name} to {file}\n");
    let mut dry = site.command(server(), shell);
    let said = dry
        .arg("--dry-run")
        .env("PGHOST", "/nowhere")
        .run()
        .succeeds();
    let expected = would("postgres", &file("postgres")) + &would("a/b?c", &file("a%2Fb?c"));
    assert!(
        said.starts_with(&warning) && said.ends_with(&expected),
        "{said}"
    );
    assert!(site.listing().is_empty());

    let run = |option: Option<&str>| site.command(server(), shell).args(option).run().fails(1);
    let [plain, verbose, quiet] = [None, Some("-v"), Some("-q")].map(run);
    let length = site.backup("postgresqldump-postgres.txt").len();
    let line = format!(
        "\ncback-postgresql: postgres: {}, {length} bytes, ",
        file("postgres")
    );
    let (_, seconds) = plain.split_once(&line).expect(&plain);
    let (seconds, _) = seconds.split_once(" s\n").expect(&plain);
    assert!(seconds.parse::<u32>().is_ok(), "{plain}");
    let progress = "pg_dump: reading user-defined tables";
    let is_shown = verbose.contains(progress) && !plain.contains(progress);
    assert!(is_shown, "{plain}{verbose}");
    let is_quiet = !quiet.contains("postgres: ") && !quiet.contains("warning");
    assert!(is_quiet, "{quiet}");
    for said in [&plain, &verbose] {
        assert!(said.starts_with(&warning), "{said}");
    }
    for said in [plain, verbose, quiet] {
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

fn a_missing_seal_is_no_news_after_the_real_error(shell: Shell) {
    let mut site = Site::with("gzip", &["missing"]);
    let said = site.run(server(), shell).fails(1);
    let error = "cback-postgresql: missing: cback-pgdump: ";
    assert!(said.contains(error) && !said.contains("seal"), "{said}");
    // But where cback-pgdump cannot say anything, it is all there is.
    site.replace_pg_dump("kill -s KILL $PPID; sleep 1");
    site.configure("gzip", &["postgres"]);
    let said = site.run(server(), shell).fails(1);
    let error = "cback-postgresql: postgres: not backed up: its dump is incomplete\n";
    assert!(said.contains(error), "{said}");
}
