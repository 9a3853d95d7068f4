//! Backups that are not what they should be: each is a failure.

use crate::backups::{Backups, create_items, dump, packed, with_sql};
use cback_tests::{Finished, Random, installations, seeds, server, shim, skip, unpacked};
use std::time::{Duration, SystemTime};

#[test]
fn a_file_that_was_cut_or_altered_is_refused() {
    create_items(server(), "cut");
    let backups = Backups::new();
    let dump = dump(server(), Some("cut"));
    for (name, mode) in [("x.gz", "gzip"), ("x.bz2", "bzip2")] {
        let whole = packed(&dump, mode);
        for seed in seeds(20) {
            let mut random = Random::new(seed);
            let at = usize::try_from(random.below(whole.len() as u64)).unwrap();
            backups.put(name, &whole[..at]);
            let said = backups.refuses(&[name]);
            assert!(said.contains(name), "cut at {at}, seed {seed}: {said}");
            let mut altered = whole.clone();
            altered[at] ^= 1 << random.below(8);
            let file = backups.put(name, &altered);
            // Some bits mean nothing: the time in gzip's header, the last bits before its end.
            if unpacked(&file).as_ref() == Some(&dump) {
                continue;
            }
            let said = backups.refuses(&[name]);
            assert!(said.contains(name), "bit of byte {at}, seed {seed}: {said}");
        }
    }
}

/// psql restores it with status 0.
#[test]
fn a_dump_cut_at_a_line_end_within_a_table_is_refused() {
    create_items(server(), "line");
    let backups = Backups::new();
    let text = String::from_utf8(dump(server(), Some("line"))).unwrap();
    let cut = text.find("50\titem 50").unwrap();
    for arguments in [&["x.sql"][..], &["--restore", "x.sql"]] {
        backups.put("x.sql", &text.as_bytes()[..cut]);
        let said = backups.refuses(arguments);
        assert!(!said.contains("restore"), "psql has seen it: {said}");
    }
}

#[test]
fn what_is_missing_empty_or_no_file_is_refused_and_named_again_in_the_end() {
    create_items(server(), "good");
    let backups = Backups::new();
    backups.put("good.sql", &dump(server(), Some("good")));
    backups.put("empty.gz", b"");
    let output = backups.run(&["missing.gz", "good.sql", "empty.gz", "/dev/null"]);
    let said = output.fails(1);
    assert!(
        output.printed().contains("good.sql: whole"),
        "{}",
        output.printed()
    );
    let (first, last) = said.split_once("not proven, 3 of 4:\n").unwrap();
    for line in [
        "missing.gz: missing",
        "empty.gz: ",
        "/dev/null: not a regular file",
    ] {
        assert!(
            first.contains(line) && last.contains(line),
            "{line}: {said}"
        );
    }
    assert_eq!(last.lines().count(), 3, "{said}");
}

#[test]
fn a_backup_that_is_too_old_is_refused() {
    create_items(server(), "old");
    let backups = Backups::new();
    let path = backups.put("old.sql", &dump(server(), Some("old")));
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let hour = Duration::from_secs(3600);
    file.set_modified(SystemTime::now() - 30 * hour).unwrap();
    backups.proves(&["--max-age", "31", "old.sql"]);
    let said = backups.refuses(&["--max-age", "29", "old.sql"]);
    assert!(said.ends_with("old.sql: 30 hours old\n"), "{said}");
    file.set_modified(SystemTime::now() + 30 * hour).unwrap();
    backups.refuses(&["--max-age", "29", "old.sql"]);
}

/// `pg_dump` empties `search_path`: what relies on it does not restore.
#[test]
fn a_dump_that_does_not_restore_is_refused() {
    create_items(server(), "path");
    server().sql(
        "path",
        "CREATE FUNCTION low(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
         CREATE FUNCTION lower_it(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN low($1); END';
         CREATE INDEX ON item (lower_it(name));",
    );
    let backups = Backups::new();
    backups.put("x.sql", &dump(server(), Some("path")));
    backups.proves(&["x.sql"]);
    let said = backups.refuses(&["--restore", "x.sql"]);
    assert!(
        said.contains("does not restore: ") && said.contains("function low(text) does not exist"),
        "{said}"
    );
}

#[test]
fn what_this_machine_lacks_is_no_proof_and_named() {
    create_items(server(), "lacks");
    let backups = Backups::new();
    let dump = dump(server(), Some("lacks"));
    for (lacking, sql) in [
        (
            "no_such_thing",
            "CREATE EXTENSION IF NOT EXISTS no_such_thing WITH SCHEMA public;",
        ),
        (
            "/no/such.so",
            "CREATE FUNCTION public.f() RETURNS integer LANGUAGE c AS '/no/such.so', 'f';",
        ),
    ] {
        backups.put("x.sql", &with_sql(&dump, sql));
        backups.proves(&["x.sql"]);
        let said = backups.refuses(&["--restore", "x.sql"]);
        let reason = said
            .split_once("cannot be proven here: ")
            .unwrap_or_default()
            .1;
        assert!(reason.contains(lacking), "{said}");
    }
}

#[test]
fn a_dump_newer_than_every_server_here_is_no_proof() {
    let installations = installations();
    let (Some(oldest), Some(newest)) = (installations.first(), installations.last()) else {
        return skip("there is no PostgreSQL");
    };
    if oldest.major == newest.major {
        return skip("there is one version of PostgreSQL only");
    }
    let server = cback_tests::Server::start_from(newest);
    create_items(&server, "newer");
    let backups = Backups::new();
    backups.put("x.sql", &dump(&server, Some("newer")));
    let bin = oldest.bin.to_str().unwrap();
    let said = backups.refuses(&["--restore", "--pg-bin", bin, "x.sql"]);
    let reason = format!(
        "cannot be proven here: it was made by pg_dump {}",
        newest.major
    );
    assert!(said.contains(&reason), "{said}");
    // Of several the oldest that is as new as the dump is taken.
    let newest = newest.bin.to_str().unwrap();
    backups.proves(&["--restore", "--pg-bin", bin, "--pg-bin", newest, "x.sql"]);
}

/// What is unpacked may be whole though the file is not: then the status alone tells.
#[test]
fn an_unpacker_that_fails_after_the_last_byte_is_a_failure() {
    create_items(server(), "status");
    let backups = Backups::new();
    backups.put("x.gz", &packed(&dump(server(), Some("status")), "gzip"));
    std::fs::create_dir(backups.path("bin")).unwrap();
    for end in ["exit 1", "kill -9 $$"] {
        shim(
            &backups.path("bin/cback-compress"),
            &format!("gzip -dc \"$3\"\n{end}"),
        );
        for arguments in [&["x.gz"][..], &["--restore", "x.gz"]] {
            backups.refuses(arguments);
        }
    }
    shim(&backups.path("bin/cback-compress"), "gzip -dc \"$3\"");
    backups.proves(&["--restore", "x.gz"]);
}

/// Nothing is waited for without end, be it our own program.
#[test]
fn an_unpacker_that_hangs_is_given_up() {
    create_items(server(), "unpacker");
    let backups = Backups::new();
    backups.put("x.gz", &packed(&dump(server(), Some("unpacker")), "gzip"));
    std::fs::create_dir(backups.path("bin")).unwrap();
    shim(&backups.path("bin/cback-compress"), "exec sleep 3600");
    let said = backups.refuses(&["--time-limit", "2", "x.gz"]);
    assert!(
        said.contains("x.gz: not read within 2 s (--time-limit)\n"),
        "{said}"
    );
}

#[test]
fn a_checker_that_ends_without_a_word_is_a_failure() {
    create_items(server(), "checker");
    let backups = Backups::new();
    backups.put("x.sql", &dump(server(), Some("checker")));
    std::fs::create_dir(backups.path("bin")).unwrap();
    for end in ["", "kill -9 $$"] {
        let script = format!("cat >/dev/null\n{end}");
        shim(&backups.path("bin/cback-pgdump"), &script);
        backups.refuses(&["x.sql"]);
    }
}

/// A dump never holds a NUL byte, be it of a file's hole, which takes no room and would take the time of 1 TB.
#[test]
fn a_hole_of_a_terabyte_is_refused_at_once() {
    create_items(server(), "hole");
    let backups = Backups::new();
    let file = backups.put("x.sql", &dump(server(), Some("hole")));
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.set_len(1 << 40).unwrap();
    let said = backups.refuses(&["--time-limit", "60", "x.sql"]);
    assert!(!said.contains("not read within"), "{said}");
}
