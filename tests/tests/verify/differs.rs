//! "Dumped again and compared": what is restored otherwise than it was in the backup, and what does not restore.

use crate::backups::{Backups, create_items, dump, ending_with, entry, with_sql, with_trigger};
use cback_tests::{Finished, run_with_input, server, tool};
use std::process::Command;

const DOUBLE: &str = "IF NEW.id = 7 AND pg_trigger_depth() = 1 THEN
    INSERT INTO public.item VALUES (7, 'item 7'); END IF; RETURN NEW;";

/// Values that a trigger makes of a row, for whatever makes a restore differ; and what is said of that.
#[rustfmt::skip]
const TRIGGERS: [(&str, &str); 4] = [
    ("IF NEW.id = 7 THEN RETURN NULL; END IF; RETURN NEW;", "public.item has 100 rows in the backup, restored 99"),
    (DOUBLE, "public.item has 100 rows in the backup, restored 101"),
    ("IF NEW.id = 7 THEN NEW.name = 'Item 7'; END IF; RETURN NEW;", "public.item has other data when restored"),
    ("PERFORM lo_create(0); RETURN NEW;", "large objects was not in the backup, and has 100 rows now"),
];

/// Whole dumps, of which psql runs every statement, may leave out what they have made.
const FORGET: &str = "CREATE FUNCTION public.forget() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
    DROP INDEX public.found; ALTER TABLE public.item DISABLE ROW LEVEL SECURITY;
    GRANT ALL ON TABLE public.item TO PUBLIC; RETURN 1; END $$;\n\nALTER FUNCTION public.forget() OWNER TO postgres;";

/// pg_dump empties `search_path`: what relies on it does not restore.
const PATH: &str = "CREATE FUNCTION low(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
    CREATE FUNCTION lower_it(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN low($1); END';
    ALTER TABLE item ADD CHECK (lower_it(name) <> '');";

/// "Every row is there afterwards with its values", every sequence and every definition; "what the machine lacks says
/// nothing against the backup".
#[test]
fn what_is_restored_otherwise_or_not_at_all_is_refused() {
    let (backups, items) = Backups::of_items();
    let sequence = "CREATE SEQUENCE tally; SELECT setval('tally', 42)";
    let [tally, path] = [("tally", sequence), ("path", PATH)].map(|(database, sql)| {
        create_items(server(), database);
        server().sql(database, sql);
        dump(server(), database)
    });
    backups.put("tally.sql", &tally);
    backups.put("x.sql", &with_trigger(&items, "RETURN NEW;"));
    backups.proves(&["--restore", "x.sql", "tally.sql"]);

    let spoil = "CREATE MATERIALIZED VIEW public.spoil AS SELECT pg_catalog.setval('public.tally', 43) AS n;";
    let extension = "CREATE EXTENSION IF NOT EXISTS no_such_thing WITH SCHEMA public;";
    #[rustfmt::skip]
    let mut cases = vec![
        (forgetting(&items), "index public.found is missing when restored; row security public.item is missing \
                              when restored; "),
        (ending_with(&tally, spoil), "sequences has other data when restored"),
        (colliding(), "public.item has other data"),
        (path, "does not restore: ERROR:  function low(text) does not exist"),
        (with_sql(&items, extension), "cannot be proven here: this PostgreSQL lacks extension no_such_thing"),
    ];
    cases.extend(TRIGGERS.map(|(body, reason)| (with_trigger(&items, body), reason)));
    backups.refuses_each(&cases);
}

/// A view that is filled last of all takes back what stands before it.
fn forgetting(items: &[u8]) -> Vec<u8> {
    let view = "CREATE MATERIALIZED VIEW public.x AS\n SELECT public.forget() AS forget\n  WITH NO DATA;\n\n\
                ALTER TABLE public.x OWNER TO postgres;";
    #[rustfmt::skip]
    let entries = [
        ("forget(); Type: FUNCTION", FORGET),
        ("found; Type: INDEX", "CREATE INDEX found ON public.item USING btree (id);"),
        ("item; Type: ROW SECURITY", "ALTER TABLE public.item ENABLE ROW LEVEL SECURITY;"),
        ("x; Type: MATERIALIZED VIEW", view),
        ("x; Type: MATERIALIZED VIEW DATA", "REFRESH MATERIALIZED VIEW public.x;"),
    ];
    let entries = entries.map(|(title, sql)| entry(title, sql));
    ending_with(items, &entries.concat())
}

/// XXH3 has inputs that collide by construction: a random key for each run ends it. A dump with one value, which its
/// restore changes to another that has the same fingerprint without a key.
fn colliding() -> Vec<u8> {
    let column = "c5757";
    let debt = |amount| format!("lmO9FvzJ{amount}/ to be paid toA");
    let (small, large) = (debt("10000000"), debt("99999999"));
    server().create_database(column);
    server().sql(
        column,
        &format!("CREATE TABLE item AS SELECT '{small}' AS {column}"),
    );
    let dump = dump(server(), column);
    let other = String::from_utf8(dump.clone())
        .unwrap()
        .replace(&small, &large);
    let fingerprint = |dump: &[u8]| {
        let check = run_with_input(Command::new(tool("cback-pgdump")).arg("--check"), dump);
        check.succeeds();
        check
            .printed()
            .trim_end()
            .rsplit('\t')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(fingerprint(&dump), fingerprint(other.as_bytes()));
    with_trigger(&dump, &format!("NEW.{column} = '{large}'; RETURN NEW;"))
}
