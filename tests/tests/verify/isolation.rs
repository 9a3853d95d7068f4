//! What a hostile dump can reach: it runs SQL as superuser, and programs.

use crate::backups::{Backups, create_items, dump, with_trigger};
use cback_tests::{Finished, Run, SHELLS, server, skipped_without_root, wrapped};
use std::fs;

/// What `program` prints, with `_` for blanks, when a dump in `backups` runs it while it is restored.
#[track_caller]
fn run_by_a_dump(backups: &Backups, name: &str, program: &str) -> String {
    create_items(server(), name);
    let body = format!(
        "CREATE TEMP TABLE seen (line text);
         EXECUTE $q$COPY seen FROM PROGRAM '{{ {program}; }} 2>&1 | tr [:blank:] _'$q$;
         RAISE EXCEPTION 'seen: %.', (SELECT string_agg(line, ' | ') FROM seen);"
    );
    backups.put("x.sql", &with_trigger(&dump(server(), Some(name)), &body));
    let said = backups.refuses(&["--restore", "x.sql"]);
    let seen = said
        .split_once("seen: ")
        .unwrap_or_else(|| panic!("{said}"))
        .1;
    seen.trim_end().strip_suffix('.').unwrap_or(seen).to_owned()
}

#[test]
fn a_dump_sees_only_the_programs_and_its_own_server() {
    let backups = Backups::new();
    let seen = run_by_a_dump(
        &backups,
        "sees",
        "ls -A /; ls -A /etc /given; ls /proc | grep [0-9] | wc -l",
    );
    let (files, processes) = seen.rsplit_once(" | ").unwrap();
    assert_eq!(
        files.replace("lib32 | ", "").replace("libx32 | ", ""),
        "bin | data | dev | etc | given | lib | lib64 | proc | sbin | usr | \
         /etc: | localtime | passwd |  | /given: | inside | passwd | plan"
    );
    assert!(processes.parse::<u32>().unwrap() < 20, "{seen}");
}

#[test]
fn a_dump_has_no_network() {
    let seen = run_by_a_dump(
        &Backups::new(),
        "network",
        "cat /proc/net/dev | tail -n +3 | cut -d: -f1",
    );
    assert_eq!(seen.trim_matches('_'), "lo");
}

#[test]
fn a_dump_runs_as_nobody_that_owns_anything() {
    if skipped_without_root("another caller's uid is its own") {
        return;
    }
    let seen = run_by_a_dump(
        &Backups::new(),
        "uid",
        "id -u; grep ^CapEff /proc/self/status",
    );
    let (uid, capabilities) = seen.split_once(" | ").unwrap();
    assert!(uid.parse::<u32>().unwrap() >= 65534, "{seen}");
    assert!(capabilities.ends_with("_0000000000000000"), "{seen}");
}

#[test]
fn a_dump_writes_nowhere_outside() {
    let backups = Backups::new();
    let target = backups.path("written");
    fs::create_dir(&target).unwrap();
    let place = target.display();
    let program = format!(
        "for f in {place}/x /usr/x /usr/bin/x /etc/x /given/x /tmp/x /var/tmp/x /proc/1/root/x /dev/shm/x; \
         do touch $f && echo wrote $f; done >/data/log 2>/dev/null; cat /data/log"
    );
    let seen = run_by_a_dump(&backups, "writes", &program);
    assert_eq!(seen, "<NULL>");
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
}

#[test]
fn a_dump_does_not_reach_a_server_that_was_there() {
    let host = server().host().display();
    let psql = server().bin().join("psql");
    let program = format!(
        "{} -X -h {host} -U postgres -c select postgres; ls -d {host}",
        psql.display()
    );
    let seen = run_by_a_dump(&Backups::new(), "reaches", &program);
    assert!(seen.contains("No_such_file_or_directory"), "{seen}");
    assert!(!seen.contains("1_row"), "{seen}");
}

/// Through an open directory there is a way out of every mount namespace.
#[test]
fn what_the_caller_left_open_is_not_handed_to_a_dump() {
    create_items(server(), "descriptor");
    let backups = Backups::new();
    backups.put("x.sql", &dump(server(), Some("descriptor")));
    let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    for open in ["exec 12</", "exec 12>>/tmp"] {
        let file = backups.path("outside").display().to_string();
        let open = open.replace("/tmp", &file) + "; exec \"$@\"";
        let outer = ["bash", "-c", &open, "outer"];
        let said = wrapped(&outer, &command).run().fails(1);
        assert!(said.contains("file or directory was left open"), "{said}");
    }
    let outer = ["bash", "-c", "exec 7</; exec \"$@\"", "outer"];
    wrapped(&outer, &command).run().succeeds();
    let seen = run_by_a_dump(
        &backups,
        "descriptors",
        "find /proc/self/fd /proc/$PPID/fd -lname /\\*",
    );
    for path in seen.split(" | ").filter(|it| !it.is_empty()) {
        assert!(path.starts_with("/proc/"), "{seen}");
    }
}
