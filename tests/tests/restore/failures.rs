//! "The first error ends it; what it has made is gone then."

use crate::place::{Place, dump, ending_with, items, items_and};
use cback_tests::{Finished, Server, assert_has, server, tool};

const GIVE: &str = "CREATE ROLE owner; ALTER TABLE item OWNER TO owner;";

/// At its end, when all else is in place: with roles that it has made.
#[test]
fn a_dump_that_does_not_restore_leaves_nothing() {
    let source = Server::start();
    let broken = items_and(&source, "broken", GIVE);
    let place = Place::new();
    let second = "INSERT INTO public.item VALUES (7, 'a second');";
    place.put("one.sql", &ending_with(&broken, second));
    let reason = "broken: not restored: ERROR:  duplicate key value violates unique constraint \"item_pkey\"\n";
    place.refuses(&["--create-roles", "--into", "broken", "one.sql"], reason);
    // A database with a subscription cannot be dropped just so.
    let subscribe = "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = 's');";
    place.put("subscribed.sql", &ending_with(&broken, subscribe));
    let pgdump = tool("cback-pgdump").display().to_string();
    let failing = format!(
        "case $* in *--script*) {pgdump} \"$@\"; echo 'SELECT 1/0;' ;; *) exec {pgdump} \"$@\" ;; esac"
    );
    place.replace("cback-pgdump", &failing);
    let arguments = ["--create-roles", "--into", "broken", "subscribed.sql"];
    place.refuses(&arguments, "division by zero");

    let place = Place::new();
    let end = "\n--\n-- PostgreSQL database dump complete";
    let all = String::from_utf8(dump(&source, None)).unwrap();
    let in_each = all.replace(end, &format!("\nSELECT 1/0;\n{end}"));
    place.put("all.sql", in_each.as_bytes());
    place.refuses(&["--everything", "all.sql"], "division by zero");
    place.refuses(&["--database", "broken", "all.sql"], "division by zero");
    // Rights in a database that stays would keep the roles.
    source.sql("postgres", "GRANT CREATE ON SCHEMA public TO owner");
    source.sql("template1", "CREATE TABLE last AS SELECT 1 AS it");
    let all = String::from_utf8(dump(&source, None)).unwrap();
    let in_the_first = all.replacen(end, &format!("\nSELECT 1/0;\n{end}"), 1);
    place.put("late.sql", in_the_first.as_bytes());
    let said = place.refuses(&["--everything", "late.sql"], "division by zero");
    assert_has(&said, "in the database postgres stays");
}

/// A file that is exchanged between the check and the restore.
#[test]
fn a_dump_that_has_changed_since_it_was_checked_is_not_restored() {
    let dump = items(server(), "changing");
    let other = String::from_utf8_lossy(&dump).replace("item 17", "item 71");
    let place = Place::new();
    for with in [other.as_bytes(), &dump[..dump.len() - 100], b""] {
        let x = place.put("x.sql", &dump).display().to_string();
        let other = place.put("other.sql", with).display().to_string();
        let compress = tool("cback-compress").display().to_string();
        place.replace(
            "cback-compress",
            &format!("{compress} \"$@\"; cp {other} {x}"),
        );
        place.refuses(&["--into", "x", "x.sql"], "not restored: ");
    }
}

/// A dump is run as whoever runs psql, who may be root: a command for psql would be run by him.
#[test]
fn a_command_for_psql_that_is_hidden_in_a_dump_is_not_run() {
    let dump = String::from_utf8(items(server(), "hiding")).unwrap();
    let key = dump
        .lines()
        .find_map(|line| line.strip_prefix("\\restrict "));
    let key = key.unwrap_or_default();
    let lines = dump.lines().filter(|line| !line.contains("restrict "));
    let plain = lines.collect::<Vec<_>>().join("\n");
    let place = Place::new();
    let made = place.path("made");
    let command = format!("\\g {}", made.display());
    for (dump, hidden) in [
        (&plain, format!("SELECT 1 {command}\n;")),
        (&plain, format!("SELECT /* ' */ 1 {command}\n /* ' */;")),
        (&dump, format!("SELECT 1 \\unrestrict {key} {command}\n;")),
    ] {
        let start = "SET row_security = off;\n";
        let dump = dump.replace(start, &format!("{start}{hidden}\n"));
        place.put("x.sql", format!("{}\n\n", dump.trim_end()).as_bytes());
        place.refuses(&["--into", "x", "x.sql"], "restrict");
        assert!(!made.exists(), "{hidden}");
    }
}

/// "Existing roles are never changed", also those that somebody has made meanwhile.
#[test]
fn a_role_that_another_has_made_meanwhile_stays() {
    let place = Place::new();
    place.put("x.sql", &items_and(&Server::start(), "owned", GIVE));
    let psql = place.server.bin().join("psql").display().to_string();
    let meanwhile = format!(
        "case \"$*\" in *'-o /dev/null'*) echo 'CREATE ROLE owner LOGIN' | {psql} -q -d postgres ;; esac
         exec {psql} \"$@\""
    );
    place.replace("psql", &meanwhile);
    let said = place
        .run(&["--create-roles", "--into", "x", "x.sql"])
        .fails(1);
    assert_has(&said, "role \"owner\" already exists");
    place.assert_clean();
    let can_log_in = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'owner'";
    assert_eq!(place.sql(can_log_in), "t\n");
}
