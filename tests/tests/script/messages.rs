//! "A line per backup on stderr: database, file, size, seconds. `-q`: only problems."

use crate::with_jobs;
use cback_tests::{Finished, Run, Shell, Site, in_each_shell, server};
use std::fs;
use std::os::unix::fs::PermissionsExt;

in_each_shell!(
    a_line_per_backup_tells_database_file_size_and_seconds,
    quiet_says_only_what_goes_wrong,
    verbose_shows_pg_dumps_progress,
    the_configurations_warnings_are_shown_in_every_run_that_is_not_quiet,
    a_dry_run_connects_nowhere_and_writes_nothing,
    messages_of_several_never_mix_and_name_their_database,
    a_missing_seal_is_no_news_after_the_real_error,
);

fn a_line_per_backup_tells_database_file_size_and_seconds(shell: Shell) {
    let site = Site::with("gzip", &["postgres"]);
    let said = site.run(server(), shell).succeeds();
    let file = site.collect_dir().join("postgresqldump-postgres.txt.gz");
    let length = fs::metadata(&file).unwrap().len();
    let file = file.display();
    let start = format!("cback-postgresql: postgres: {file}, {length} bytes, ");
    let seconds = said
        .strip_prefix(&start)
        .and_then(|it| it.strip_suffix(" s\n"));
    assert!(
        seconds.is_some_and(|it| it.parse::<u32>().is_ok()),
        "{said}"
    );
}

fn quiet_says_only_what_goes_wrong(shell: Shell) {
    let site = Site::with("none", &["postgres", "missing"]);
    let said = site.command(server(), shell).arg("-q").run().fails(1);
    assert!(!said.contains("postgres: "), "{said}");
    let last = "cback-postgresql: not backed up: missing\n";
    assert!(said.ends_with(last), "{said}");
    site.configure("none", &["postgres"]);
    let mut quiet = site.command(server(), shell);
    assert_eq!(quiet.arg("--quiet").run().succeeds(), "");
}

fn verbose_shows_pg_dumps_progress(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    let progress = "pg_dump: reading user-defined tables";
    let plain = site.run(server(), shell).succeeds();
    assert!(!plain.contains(progress), "{plain}");
    let verbose = site.command(server(), shell).arg("-v").run().succeeds();
    assert!(verbose.contains(progress), "{verbose}");
}

fn the_configurations_warnings_are_shown_in_every_run_that_is_not_quiet(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    fs::set_permissions(site.config(), fs::Permissions::from_mode(0o644)).unwrap();
    let config = site.config().display().to_string();
    let warning = format!("cback-pgconf: {config}: warning: can be read by everybody");
    for option in ["-v", "-n", "-q"] {
        let said = site.command(server(), shell).arg(option).run().succeeds();
        let is_right = if option == "-q" {
            said.is_empty()
        } else {
            said.starts_with(&warning)
        };
        assert!(is_right, "{option}: {said}");
    }
}

fn a_dry_run_connects_nowhere_and_writes_nothing(shell: Shell) {
    let site = Site::with("bzip2", &["a/b", "line\nbreak"]);
    let mut command = site.command(server(), shell);
    command.arg("--dry-run").env("PGHOST", "/nowhere");
    let directory = site.collect_dir().display().to_string();
    let line = |name: &str, escaped: &str| {
        let file = format!("{directory}/postgresqldump-{escaped}.txt.bz2");
        format!("cback-postgresql: would back up {name} to {file}\n")
    };
    let expected = line("a/b", "a%2Fb") + &line("line?break", "line?break");
    assert_eq!(command.run().succeeds(), expected);
    assert!(site.listing().is_empty());
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
    let error = ".gz: the input is incomplete, without its seal";
    assert!(said.contains(error), "{said}");
}
