//! "Exit 0 only if all of it is proven": backups that are not what they should be.

use crate::backups::{Backups, create_items, dump, packed};
use crate::lists::{LIST, lines};
use cback_tests::{Finished, Random, Server, assert_has, installations, seeds, skip, unpacked};
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

/// "Each is unpacked and checked to its last byte": anything cut or altered is found; of mode none, which has no
/// checksum, by the list beside it.
#[test]
fn a_file_that_was_cut_or_altered_is_refused() {
    let (backups, dump) = Backups::of_items();
    for (mode, suffix) in [("none", ""), ("gzip", ".gz"), ("bzip2", ".bz2")] {
        let whole = packed(&dump, mode);
        let (mut list, mut count) = (String::new(), 0);
        for seed in seeds(6) {
            let mut random = Random::new(seed);
            let at = usize::try_from(random.below(whole.len() as u64)).unwrap();
            let mut altered = whole.clone();
            altered[at] ^= 1 << random.below(8);
            for (how, bytes) in [("cut", &whole[..at]), ("altered", &altered)] {
                let name = format!("{mode}/postgresqldump-{seed}-{how}.txt{suffix}");
                backups.put(&name, &whole);
                list += &lines(&backups, &name, 1);
                let file = backups.put(&name, bytes);
                count += 1;
                // Some bits mean nothing: the time in gzip's header, the last bits before its end.
                if mode != "none" && unpacked(&file).as_ref() == Some(&dump) {
                    fs::remove_file(file).unwrap();
                    count -= 1;
                }
            }
        }
        if mode == "none" {
            backups.put(&format!("{mode}/{LIST}"), list.as_bytes());
        }
        let output = backups.run(&["--jobs", "4", mode]);
        let all = format!("not proven, {count} of {count}:\n");
        assert_has(&output.fails(1), &all);
        assert_eq!(output.printed(), "");
    }
}

/// "Every failure is named in the last lines." psql restores half a dump with status 0: "it gets only what has been
/// checked".
#[test]
fn what_is_missing_empty_cut_or_no_file_is_refused_and_named_again_in_the_end() {
    let (backups, dump) = Backups::of_items();
    let text = String::from_utf8(dump).unwrap();
    let (half, _) = text.split_once("50\titem 50").unwrap();
    backups.put("cut.sql", half.as_bytes());
    backups.put("empty.gz", b"");
    let files = ["missing.gz", "x.sql", "cut.sql", "empty.gz", "/dev/null"];
    let output = backups.run(&[&["--restore"], &files[..]].concat());
    assert_has(&output.printed(), "x.sql: whole");
    let said = output.fails(1);
    let (first, last) = said.split_once("not proven, 4 of 5:\n").unwrap();
    for line in [
        "missing.gz: missing",
        "cut.sql: the dump breaks off in line ",
        "empty.gz: ",
        "/dev/null: not a regular file",
    ] {
        assert_has(first, line);
        assert_has(last, line);
    }
    assert_eq!(last.lines().count(), 4, "{said}");
    assert!(!said.contains("restore"), "psql has seen it: {said}");
    backups.assert_clean();
}

/// "`--max-age`: an older one is a failure."
#[test]
fn a_backup_that_is_too_old_is_refused() {
    let (backups, _) = Backups::of_items();
    let file = File::options()
        .write(true)
        .open(backups.path("x.sql"))
        .unwrap();
    let hours = Duration::from_secs(30 * 3600);
    file.set_modified(SystemTime::now() - hours).unwrap();
    backups.proves(&["--max-age", "31", "x.sql"]);
    backups.refuses(&["--max-age", "29", "x.sql"], "x.sql: 30 hours old\n");
    file.set_modified(SystemTime::now() + hours).unwrap();
    backups.refuses(&["--max-age", "29", "x.sql"], "dated in the future");
}

/// A server older than the dump proves nothing; "of several the oldest that is as new as the dump is taken".
#[test]
fn a_dump_newer_than_every_server_here_is_no_proof() {
    let installations = installations();
    let [oldest, .., newest] = &installations[..] else {
        return skip("there is one version of PostgreSQL only");
    };
    let server = Server::start_from(newest);
    create_items(&server, "newer");
    let backups = Backups::new();
    backups.put("x.sql", &dump(&server, "newer"));
    let [oldest, bin] = [oldest, newest].map(|it| it.bin.to_str().unwrap());
    let made_by = format!(
        "cannot be proven here: it was made by pg_dump {}",
        newest.major
    );
    backups.refuses(&["--restore", "--pg-bin", oldest, "x.sql"], &made_by);
    backups.proves(&["--restore", "--pg-bin", oldest, "--pg-bin", bin, "x.sql"]);
}

/// All may be unpacked though the file is not whole: then the status alone tells; silence is no proof; "no unpacking and no
/// restoring is waited for without a time limit", be it by our own program.
#[test]
fn a_part_of_it_that_fails_is_silent_or_hangs_is_a_failure() {
    let (backups, dump) = Backups::of_items();
    backups.put("x.gz", &packed(&dump, "gzip"));
    let unpack = "gzip -dc \"$3\"\n";
    for (program, before, end) in [
        ("cback-compress", unpack, "exit 1"),
        ("cback-compress", unpack, "kill -9 $$"),
        ("cback-pgdump", "cat >/dev/null\n", ""),
        ("cback-pgdump", "cat >/dev/null\n", "kill -9 $$"),
    ] {
        backups.replace(program, &format!("{before}{end}"));
        backups.refuses(&["x.gz"], "x.gz: ");
        backups.refuses(&["--restore", "x.gz"], "x.gz: ");
        backups.replace("cback-compress", unpack);
    }
    fs::remove_file(backups.path("bin/cback-pgdump")).unwrap();
    backups.proves(&["--restore", "x.gz"]);
    backups.replace("cback-compress", "exec sleep 3600");
    let reason = "x.gz: not read within 2 s (--time-limit)\n";
    backups.refuses(&["--time-limit", "2", "x.gz"], reason);
}

/// A dump never holds a NUL byte, be it of a file's hole, which takes no room and would take the time of 1 TB.
#[test]
fn a_hole_of_a_terabyte_is_refused_at_once() {
    let (backups, dump) = Backups::of_items();
    for length in [dump.len() / 2, dump.len()] {
        let file = backups.put("x.sql", &dump[..length]);
        let file = File::options().write(true).open(file).unwrap();
        file.set_len(1 << 40).unwrap();
        let said = backups.refuses(&["--time-limit", "60", "x.sql"], "x.sql: line ");
        assert!(!said.contains("not read within"), "{said}");
    }
}
