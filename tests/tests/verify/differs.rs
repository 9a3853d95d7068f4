//! "Dumped again and compared": what is restored otherwise than it was in the backup.

use crate::backups::{Backups, dump, entry, with_trigger};
use cback_tests::{Finished, run_with_input, server, tool};
use std::process::Command;

/// "Every row is there afterwards with its values": the trigger stands for whatever makes a restore differ.
#[test]
fn a_restore_that_loses_doubles_or_changes_a_row_is_refused() {
    let (backups, dump) = Backups::of_items();
    let double = "IF NEW.id = 7 AND pg_trigger_depth() = 1 THEN
        INSERT INTO public.item VALUES (7, 'item 7'); END IF; RETURN NEW;";
    backups.put("x.sql", &with_trigger(&dump, "RETURN NEW;"));
    backups.proves(&["--restore", "x.sql"]);
    for (body, difference) in [
        (
            "IF NEW.id = 7 THEN RETURN NULL; END IF; RETURN NEW;",
            "public.item has 100 rows in the backup, restored 99",
        ),
        (
            double,
            "public.item has 100 rows in the backup, restored 101",
        ),
        (
            "IF NEW.id = 7 THEN NEW.name = 'Item 7'; END IF; RETURN NEW;",
            "public.item has other data when restored",
        ),
        (
            "PERFORM lo_create(0); RETURN NEW;",
            "large objects was not in the backup, and has 100 rows now",
        ),
    ] {
        backups.put("x.sql", &with_trigger(&dump, body));
        backups.refuses(&["--restore", "x.sql"], difference);
    }
}

/// "Its definitions too": a whole dump, of which psql runs every statement, may leave out what it has made.
#[test]
fn a_restore_that_takes_definitions_back_is_refused() {
    let (backups, dump) = Backups::of_items();
    let text = String::from_utf8(dump).unwrap();
    let end = text.rfind("--\n-- PostgreSQL database dump complete");
    let (before, after) = text.split_at(end.unwrap());
    let forget = "CREATE FUNCTION public.forget() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
        DROP INDEX public.found; ALTER TABLE public.item DISABLE ROW LEVEL SECURITY;
        GRANT ALL ON TABLE public.item TO PUBLIC; RETURN 1; END $$;\n\nALTER FUNCTION public.forget() OWNER TO postgres;";
    let entries = [
        entry("forget(); Type: FUNCTION", forget),
        entry(
            "found; Type: INDEX",
            "CREATE INDEX found ON public.item USING btree (id);",
        ),
        entry(
            "item; Type: ROW SECURITY",
            "ALTER TABLE public.item ENABLE ROW LEVEL SECURITY;",
        ),
        entry(
            "x; Type: MATERIALIZED VIEW",
            "CREATE MATERIALIZED VIEW public.x AS\n SELECT public.forget() AS forget\n  WITH NO DATA;\n\nALTER TABLE public.x OWNER TO postgres;",
        ),
        entry(
            "x; Type: MATERIALIZED VIEW DATA",
            "REFRESH MATERIALIZED VIEW public.x;",
        ),
    ];
    backups.put(
        "x.sql",
        [before, &entries.concat(), after].concat().as_bytes(),
    );
    let said = backups.refuses(&["--restore", "x.sql"], "x.sql: ");
    for difference in [
        "index public.found is missing when restored",
        "row security public.item is missing when restored",
        "acl TABLE public.item is there only when restored",
    ] {
        assert!(said.contains(difference), "{said}");
    }
}

/// "Every sequence."
#[test]
fn a_sequence_that_is_restored_otherwise_is_refused() {
    server().create_database("sequence");
    let create = "CREATE SEQUENCE tally; SELECT setval('tally', 42)";
    server().sql("sequence", create);
    let backups = Backups::new();
    let dump = dump(server(), Some("sequence"));
    backups.put("x.sql", &dump);
    backups.proves(&["--restore", "x.sql"]);
    let text = String::from_utf8(dump).unwrap();
    let sabotage = "CREATE MATERIALIZED VIEW public.spoil AS SELECT pg_catalog.setval('public.tally', 43) AS n;\n\n";
    let end = text.rfind("--\n-- PostgreSQL database dump complete");
    let (before, after) = text.split_at(end.unwrap());
    backups.put("x.sql", format!("{before}{sabotage}{after}").as_bytes());
    let reason = "sequences has other data when restored";
    backups.refuses(&["--restore", "x.sql"], reason);
}

/// XXH3 has inputs that collide by construction: a random key for each run ends it.
#[test]
fn values_made_up_to_have_the_same_fingerprint_differ() {
    let debt = |amount| format!("lmO9FvzJ{amount}/ to be paid toA");
    let (small, large) = (debt("10000000"), debt("99999999"));
    let (backups, first, second) = restored_as_another("c5757", &small, &large);
    assert_eq!(first, second);
    backups.refuses(&["--restore", "x.sql"], "public.item has other data");
}

/// A dump with one value, which its restore changes to another; and the fingerprints of both without a key.
fn restored_as_another(column: &str, first: &str, second: &str) -> (Backups, String, String) {
    server().create_database(column);
    let create = format!("CREATE TABLE item AS SELECT '{first}' AS {column}");
    server().sql(column, &create);
    let dump = dump(server(), Some(column));
    let other = String::from_utf8(dump.clone()).unwrap();
    let other = other.replace(first, second);
    let backups = Backups::new();
    let change = format!("NEW.{column} = '{second}'; RETURN NEW;");
    backups.put("x.sql", &with_trigger(&dump, &change));
    (backups, fingerprint(&dump), fingerprint(other.as_bytes()))
}

/// The one table's in `dump`.
fn fingerprint(dump: &[u8]) -> String {
    let mut check = Command::new(tool("cback-pgdump"));
    let output = run_with_input(check.arg("--check"), dump);
    output.succeeds();
    let printed = output.printed();
    let last = printed.trim_end().rsplit('\t').next();
    last.unwrap().to_owned()
}
