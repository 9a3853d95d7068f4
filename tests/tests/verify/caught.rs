//! "Exit 0 only if all of it is proven": backups that are not what they should be.

use crate::backups::{Backups, create_items, dump, packed};
use cback_tests::{Finished, Random, Server, installations, seeds, skip, unpacked};
use std::fs::File;
use std::time::{Duration, SystemTime};

/// "Each is unpacked and checked to its last byte": anything cut or altered is found.
#[test]
fn a_file_that_was_cut_or_altered_is_refused() {
    let (backups, dump) = Backups::of_items();
    for (name, mode) in [("x.gz", "gzip"), ("x.bz2", "bzip2")] {
        let whole = packed(&dump, mode);
        for seed in seeds(3) {
            let mut random = Random::new(seed);
            let at = usize::try_from(random.below(whole.len() as u64)).unwrap();
            backups.put(name, &whole[..at]);
            backups.refuses(&[name], name);
            let mut altered = whole.clone();
            altered[at] ^= 1 << random.below(8);
            let file = backups.put(name, &altered);
            // Some bits mean nothing: the time in gzip's header, the last bits before its end.
            if unpacked(&file).as_ref() != Some(&dump) {
                backups.refuses(&[name], name);
            }
        }
    }
}

/// psql restores half a dump with status 0: "it gets only what has been checked".
#[test]
fn a_dump_cut_at_a_line_end_within_a_table_is_refused() {
    let (backups, dump) = Backups::of_items();
    let text = String::from_utf8(dump).unwrap();
    let cut = text.find("50\titem 50").unwrap();
    for arguments in [&["x.sql"][..], &["--restore", "x.sql"]] {
        backups.put("x.sql", &text.as_bytes()[..cut]);
        let said = backups.refuses(arguments, "breaks off");
        assert!(!said.contains("restore"), "psql has seen it: {said}");
    }
}

/// "Every failure is named in the last lines."
#[test]
fn what_is_missing_empty_or_no_file_is_refused_and_named_again_in_the_end() {
    let (backups, _) = Backups::of_items();
    backups.put("empty.gz", b"");
    let output = backups.run(&["missing.gz", "x.sql", "empty.gz", "/dev/null"]);
    let said = output.fails(1);
    let printed = output.printed();
    assert!(printed.contains("x.sql: whole"), "{printed}");
    let (first, last) = said.split_once("not proven, 3 of 4:\n").unwrap();
    for line in [
        "missing.gz: missing",
        "empty.gz: ",
        "/dev/null: not a regular file",
    ] {
        let is_twice = first.contains(line) && last.contains(line);
        assert!(is_twice, "{line}: {said}");
    }
    assert_eq!(last.lines().count(), 3, "{said}");
}

/// "`--max-age`: an older one is a failure."
#[test]
fn a_backup_that_is_too_old_is_refused() {
    let (backups, _) = Backups::of_items();
    let file = File::options()
        .write(true)
        .open(backups.path("x.sql"))
        .unwrap();
    let hour = Duration::from_secs(3600);
    file.set_modified(SystemTime::now() - 30 * hour).unwrap();
    backups.proves(&["--max-age", "31", "x.sql"]);
    backups.refuses(&["--max-age", "29", "x.sql"], "x.sql: 30 hours old\n");
    file.set_modified(SystemTime::now() + 30 * hour).unwrap();
    backups.refuses(&["--max-age", "29", "x.sql"], "dated in the future");
}

/// A server older than the dump proves nothing; "of several the oldest that is as new as the dump is taken".
#[test]
fn a_dump_newer_than_every_server_here_is_no_proof() {
    let installations = installations();
    let (Some(oldest), Some(newest)) = (installations.first(), installations.last()) else {
        return skip("there is no PostgreSQL");
    };
    if oldest.major == newest.major {
        return skip("there is one version of PostgreSQL only");
    }
    let server = Server::start_from(newest);
    create_items(&server, "newer");
    let backups = Backups::new();
    backups.put("x.sql", &dump(&server, Some("newer")));
    let bin = oldest.bin.to_str().unwrap();
    let made_by = format!(
        "cannot be proven here: it was made by pg_dump {}",
        newest.major
    );
    backups.refuses(&["--restore", "--pg-bin", bin, "x.sql"], &made_by);
    let newest = newest.bin.to_str().unwrap();
    backups.proves(&["--restore", "--pg-bin", bin, "--pg-bin", newest, "x.sql"]);
}

/// All may be unpacked though the file is not whole: then the status alone tells.
#[test]
fn an_unpacker_that_fails_after_the_last_byte_is_a_failure() {
    let (backups, dump) = Backups::of_items();
    backups.put("x.gz", &packed(&dump, "gzip"));
    for end in ["exit 1", "kill -9 $$"] {
        backups.replace("cback-compress", &format!("gzip -dc \"$3\"\n{end}"));
        backups.refuses(&["x.gz"], "x.gz: ");
        backups.refuses(&["--restore", "x.gz"], "x.gz: ");
    }
    backups.replace("cback-compress", "gzip -dc \"$3\"");
    backups.proves(&["--restore", "x.gz"]);
}

/// "No unpacking and no restoring is waited for without a time limit", be it by our own program.
#[test]
fn an_unpacker_that_hangs_is_given_up() {
    let (backups, _) = Backups::of_items();
    backups.replace("cback-compress", "exec sleep 3600");
    let reason = "x.sql: not read within 2 s (--time-limit)\n";
    backups.refuses(&["--time-limit", "2", "x.sql"], reason);
}

#[test]
fn a_checker_that_ends_without_a_word_is_a_failure() {
    let (backups, _) = Backups::of_items();
    for end in ["", "kill -9 $$"] {
        backups.replace("cback-pgdump", &format!("cat >/dev/null\n{end}"));
        backups.refuses(&["x.sql"], "x.sql: ");
    }
}

/// A dump never holds a NUL byte, be it of a file's hole, which takes no room and would take the time of 1 TB.
#[test]
fn a_hole_of_a_terabyte_is_refused_at_once() {
    let (backups, dump) = Backups::of_items();
    for length in [dump.len() / 2, dump.len()] {
        let file = backups.put("x.sql", &dump[..length]);
        File::options()
            .write(true)
            .open(file)
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        let said = backups.refuses(&["--time-limit", "60", "x.sql"], "x.sql: line ");
        assert!(!said.contains("not read within"), "{said}");
    }
}
