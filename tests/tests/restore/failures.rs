//! "The first error ends it; what it has made is gone then."

use crate::place::{Place, dump_all, items};
use cback_tests::{Server, server, tool};

/// At its end, when all else is in place: with roles that it has made.
#[test]
fn a_dump_that_does_not_restore_leaves_nothing() {
    let source = Server::start();
    items(&source, "broken");
    source.sql(
        "broken",
        "CREATE ROLE owner; ALTER TABLE item OWNER TO owner",
    );
    let end = "\n--\n-- PostgreSQL database dump complete";
    let fails = |dump: Vec<u8>, statement: &str| {
        let text = String::from_utf8(dump).unwrap();
        let changed = text.replace(end, &format!("\n{statement}\n{end}"));
        assert_ne!(changed, text);
        changed
    };
    let place = Place::new();
    let one = fails(
        crate::place::dump(&source, "broken"),
        "INSERT INTO public.item VALUES (7, 'a second');",
    );
    place.put("one.sql", one.as_bytes());
    let reason = "broken: not restored: ERROR:  duplicate key value violates unique constraint \"item_pkey\"\n";
    place.refuses(&["--create-roles", "--into", "broken", "one.sql"], reason);
    // A database with a subscription cannot be dropped just so.
    let subscribed = fails(
        crate::place::dump(&source, "broken"),
        "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = 's');",
    );
    place.put("subscribed.sql", subscribed.as_bytes());
    place.replace(
        "cback-pgdump",
        &format!(
            "case $* in *--script*) {0} \"$@\"; echo 'SELECT 1/0;' ;; *) exec {0} \"$@\" ;; esac",
            tool("cback-pgdump").display()
        ),
    );
    place.refuses(
        &["--create-roles", "--into", "broken", "subscribed.sql"],
        "division by zero",
    );

    let place = Place::new();
    let all = fails(dump_all(&source), "SELECT 1/0;");
    place.put("all.sql", all.as_bytes());
    place.refuses(&["--everything", "all.sql"], "division by zero");
    place.refuses(&["--database", "broken", "all.sql"], "division by zero");
    // Rights in a database that stays would keep the roles.
    source.sql("postgres", "GRANT CREATE ON SCHEMA public TO owner");
    source.sql("template1", "CREATE TABLE last AS SELECT 1 AS it");
    let text = String::from_utf8(dump_all(&source)).unwrap();
    let (before, after) = text.split_at(text.find(end).unwrap());
    place.put(
        "late.sql",
        format!("{before}\nSELECT 1/0;\n{after}").as_bytes(),
    );
    let said = place.refuses(&["--everything", "late.sql"], "division by zero");
    assert!(said.contains("in the database postgres stays"), "{said}");
}

/// A file that is exchanged between the check and the restore.
#[test]
fn a_dump_that_has_changed_since_it_was_checked_is_not_restored() {
    let dump = items(server(), "changing");
    let other = String::from_utf8(dump.clone()).unwrap();
    let other = other.replace("item 17", "item 71");
    let place = Place::new();
    place.put("x.sql", &dump);
    place.put("other.sql", other.as_bytes());
    place.put("short.sql", &dump[..dump.len() - 100]);
    place.put("empty.sql", b"");
    for with in ["other.sql", "short.sql", "empty.sql"] {
        place.put("x.sql", &dump);
        place.replace(
            "cback-compress",
            &format!(
                "{} \"$@\"; cp {} {}",
                tool("cback-compress").display(),
                place.path(with).display(),
                place.path("x.sql").display()
            ),
        );
        place.refuses(&["--into", "x", "x.sql"], "not restored: ");
    }
}

/// A dump is run as whoever runs psql, who may be root: a command for psql would be run by him.
#[test]
fn a_command_for_psql_that_is_hidden_in_a_dump_is_not_run() {
    let dump = String::from_utf8(items(server(), "hiding")).unwrap();
    let is_key = |line: &&str| line.starts_with("\\restrict ");
    let key = dump.lines().find(is_key).map(|it| &it[10..]);
    let key = key.unwrap_or_default();
    let lines =
        |line: &&str| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ");
    let plain: Vec<_> = dump.lines().filter(lines).collect();
    let plain = plain.join("\n");
    let place = Place::new();
    let made = place.path("made");
    let command = format!("\\g {}", made.display());
    for (dump, hidden) in [
        (plain.trim_end(), format!("SELECT 1 {command}\n;")),
        (
            plain.trim_end(),
            format!("SELECT /* ' */ 1 {command}\n /* ' */;"),
        ),
        (&dump, format!("SELECT 1 \\unrestrict {key} {command}\n;")),
    ] {
        let start = "SET row_security = off;\n";
        let dump = dump.replace(start, &format!("{start}{hidden}\n"));
        let dump = dump.trim_end().to_owned() + "\n\n";
        place.put("x.sql", dump.as_bytes());
        place.refuses(&["--into", "x", "x.sql"], "restrict");
        assert!(!made.exists(), "{hidden}");
    }
}

/// "Existing roles are never changed", also those that somebody has made meanwhile.
#[test]
fn a_role_that_another_has_made_meanwhile_stays() {
    let source = Server::start();
    items(&source, "owned");
    source.sql(
        "owned",
        "CREATE ROLE owner; ALTER TABLE item OWNER TO owner",
    );
    let place = Place::new();
    place.put("x.sql", &crate::place::dump(&source, "owned"));
    let psql = place.server.bin().join("psql").display().to_string();
    let meanwhile = format!(
        "case \"$*\" in *'-o /dev/null'*) echo 'CREATE ROLE owner LOGIN' | {psql} -q -d postgres ;; esac
         exec {psql} \"$@\""
    );
    place.replace("psql", &meanwhile);
    let output = place.run(&["--create-roles", "--into", "x", "x.sql"]);
    let said = cback_tests::Finished::fails(&output, 1);
    assert!(said.contains("role \"owner\" already exists"), "{said}");
    place.assert_clean();
    let roles = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'owner'";
    assert_eq!(place.server.sql("postgres", roles), "t\n");
}
