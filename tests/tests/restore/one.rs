//! "A database into a new one, never into one that exists": with roles, rights and settings where a file has them.

use crate::place::{Place, dump, ending_with, globals, items, items_and, packed};
use cback_tests::{
    Finished, Installation, Run, Server, Shell, assert_has, contents, create_sample, in_each_shell,
    installations, server,
};
use std::sync::Once;

in_each_shell!(a_database_is_restored);

/// "--dry-run: everything that can be looked at, nothing done."
fn a_database_is_restored(shell: Shell) {
    static CREATED: Once = Once::new();
    CREATED.call_once(|| create_sample(server(), "sample"));
    let original = contents(server(), "sample");
    let place = Place::new();
    let file = "postgresqldump-shop.txt.gz";
    place.put(file, &packed(&dump(server(), "sample"), "gzip"));
    let before = place.state();
    let output = place.command(shell, &["--dry-run", file]).run();
    let would = "cback-pgrestore: would restore shop: 4 tables, ";
    assert_has(&output.succeeds(), would);
    assert_eq!((output.printed(), place.state()), (String::new(), before));

    let output = place.command(shell, &[file]).run();
    assert_eq!(output.succeeds(), "");
    assert_has(&output.printed(), "restored shop into PostgreSQL ");
    assert_eq!(contents(&place.server, "shop"), original);
    let analyzed = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND reltuples < 0";
    assert_eq!(place.server.sql("shop", analyzed), "0\n");
    place.assert_clean();

    place.refuses(&[file], "there is a database shop, which is left alone\n");
    let other = "shop 'of' \"yesterday\"\n-x";
    place.restores(&["--into", other, file]);
    assert_eq!(contents(&place.server, other), original);
}

/// "From any backup of ours, of Cedar's or of plain pg_dump", of every version, into that one and every later one: which
/// quotes names by another list of keywords, and groups large objects otherwise.
#[test]
fn every_version_restores_into_itself_and_into_later_ones() {
    let with_torture = |installation: &Installation| {
        let server = Server::start_from(installation);
        server.create_database("torture");
        let torture = include_str!("../../../cback-pgdump/tests/torture.sql");
        server.sql("torture", torture);
        Place::with(server)
    };
    let places: Vec<_> = installations().iter().map(with_torture).collect();
    // A table that inherits has its columns in another order, and an enum's values in another hash partition.
    let is_told = |line: &&str| !line.contains("child|") && !line.contains("hashed_");
    for (number, place) in places.iter().enumerate() {
        let original = contents(&place.server, "torture");
        let dump = place.server.command("pg_dump").arg("torture").run();
        let dump = packed(&dump.stdout, "bzip2");
        let into = format!("from {number}");
        for later in &places[number..] {
            later.put("plain.sql.bz2", &dump);
            later.restores(&["--compare", "--into", &into, "plain.sql.bz2"]);
            let copy = contents(&later.server, &into);
            let lines = |text: &str| text.lines().filter(is_told).map(str::to_owned).collect();
            let (copy, original): (Vec<_>, Vec<_>) = (lines(&copy), lines(&original));
            assert_eq!(copy, original, "{number}");
        }
    }
}

/// "Roles that are missing come from the globals beside it (only those; existing roles are never changed)": with what
/// they are members of. "Encoding, locale, owner, rights and settings of the database as the globals have them."
#[test]
fn roles_and_database_come_from_the_globals() {
    let source = Server::start();
    items(&source, "owned");
    source.sql(
        "owned",
        "CREATE ROLE upper; CREATE ROLE staff IN ROLE upper; CREATE ROLE bystander LOGIN; CREATE ROLE known PASSWORD 'a';
         CREATE ROLE \"the \"\"keeper\" LOGIN PASSWORD 'secret' IN ROLE staff;
         ALTER ROLE \"the \"\"keeper\" SET work_mem = '5MB';
         ALTER TABLE item OWNER TO \"the \"\"keeper\"; GRANT SELECT ON item TO known;
         CREATE DATABASE shop TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' OWNER \"the \"\"keeper\" CONNECTION LIMIT 7;
         COMMENT ON DATABASE shop IS 'it''s the shop';
         REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO known;
         ALTER DATABASE shop SET my.setting = 'on'; ALTER DATABASE shop SET default_transaction_read_only = on;
         ALTER ROLE \"the \"\"keeper\" IN DATABASE shop SET my.own = 'x'",
    );
    let items = dump(&source, "owned");
    source.sql("shop", "SET default_transaction_read_only = off; CREATE TABLE t AS SELECT chr(233) AS t; ALTER TABLE t OWNER TO \"the \"\"keeper\"; GRANT SELECT ON t TO known");
    let place = Place::new();
    place.put("postgresqldump-shop.txt", &dump(&source, "shop"));
    place.put("postgresqldump-owned.txt", &items);
    let globals = packed(&globals(&source, &["shop", "owned"]), "gzip");
    place.put("postgresqlglobals.txt.gz", &globals);
    place.sql("CREATE ROLE known PASSWORD 'b'");
    // After an upgrade of the system a server warns at each connection.
    place.sql("UPDATE pg_database SET datcollversion = '1.0' WHERE datname = 'postgres'");
    let known = "SELECT * FROM pg_authid WHERE rolname = 'known'";
    let before = place.sql(known);
    place.restores(&["postgresqldump-shop.txt"]);
    assert_eq!(place.sql(known), before);
    let roles = "SELECT a.rolname, a.rolcanlogin, a.rolpassword, r.rolconfig,
            ARRAY(SELECT roleid::regrole FROM pg_auth_members WHERE member = a.oid)
        FROM pg_authid a JOIN pg_roles r USING (oid) WHERE a.rolname IN ('upper', 'staff', 'the \"keeper') ORDER BY 1";
    let bystander = "SELECT count(*) FROM pg_roles WHERE rolname = 'bystander'";
    assert_eq!(place.sql(bystander), "0\n");
    let database = "SELECT pg_encoding_to_char(encoding), datcollate, datdba::regrole, datconnlimit, ARRAY(SELECT unnest(datacl)::text ORDER BY 1),
            shobj_description(oid, 'pg_database'), ARRAY(SELECT (setrole::regrole, setconfig)::text FROM pg_db_role_setting
            WHERE setdatabase = d.oid ORDER BY 1) FROM pg_database d WHERE datname = 'shop'";
    for query in [roles, database] {
        assert_eq!(place.sql(query), source.sql("postgres", query));
    }
    assert_eq!(contents(&place.server, "shop"), contents(&source, "shop"));
    // A role may be named by data alone: then it is any of them.
    let name = "CREATE TABLE named AS SELECT 'bystander'::regrole AS role";
    source.sql("owned", name);
    place.put("postgresqldump-owned.txt", &dump(&source, "owned"));
    place.restores(&["postgresqldump-owned.txt"]);
    let named = place.server.sql("owned", "SELECT role FROM named");
    assert_eq!(named, "bystander\n");
    // Now all of its roles are there, and are left alone.
    let state = place.state();
    place.restores(&["--into", "again", "postgresqldump-owned.txt"]);
    place.sql("DROP DATABASE again");
    assert_eq!(place.state(), state);
}

/// By `--load-via-partition-root` all partitions' rows come in several COPY blocks of their root; so do without it
/// those of hash partitions by an enum, and no others. The rest looks different by other options.
const WRITTEN: &str = r#"CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
    CREATE TABLE colours (c colour) PARTITION BY HASH (c);
    CREATE TABLE c0 PARTITION OF colours FOR VALUES WITH (modulus 2, remainder 0);
    CREATE TABLE c1 PARTITION OF colours FOR VALUES WITH (modulus 2, remainder 1);
    INSERT INTO colours VALUES ('red'), ('green'), ('blue');
    CREATE TABLE years (y int, price money) PARTITION BY RANGE (y);
    CREATE TABLE early PARTITION OF years FOR VALUES FROM (0) TO (2000);
    CREATE TABLE late PARTITION OF years FOR VALUES FROM (2000) TO (3000);
    INSERT INTO years VALUES (1, 2.5), (1999, 7), (2000, 0);
    CREATE TABLE "Odd; 'it' \." ("values" text, made int GENERATED ALWAYS AS (1) STORED);
    INSERT INTO "Odd; 'it' \." VALUES ('\.'), (E'\n\\.\n'), ('--'), (NULL), ('\N'), ('it''s');
    CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''it''''s'' || $$\restrict x$$';
    COMMENT ON FUNCTION f() IS 'INSERT INTO x VALUES (1);'; REVOKE ALL ON FUNCTION f() FROM PUBLIC;
    SELECT lo_from_bytea(0, 'large')"#;

const CREATE_LATIN: &str = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'";

/// The names are the database's own, whatever bytes its encoding makes of them.
const LATIN: &str = "CREATE TABLE \"stra\u{df}e\" AS SELECT '\u{e9}t\u{e9}'::text AS \"\u{e0}\"";

/// "A plain dump of pg_dump, whoever made it": also one that names its database, or has no rows.
#[test]
fn a_dump_is_restored_however_it_was_written() {
    items_and(server(), "written", WRITTEN);
    server().sql("postgres", CREATE_LATIN);
    server().sql("latin", LATIN);
    let place = Place::new();
    let restores = |options: &str, into: Option<&str>| {
        let mut pg_dump = server().command("pg_dump");
        let dump = pg_dump.args(options.split(' ')).run();
        dump.succeeds();
        place.put("x.txt", &dump.stdout);
        let arguments = ["--compare", "x.txt"].into_iter().chain(into);
        place.restores(&arguments.collect::<Vec<_>>());
    };
    restores("--clean --create --if-exists written", None);
    assert!(place.state().contains("|written|"));
    // No dump tells how its money is to be read: so that is always compared.
    let printed = place.restores(&["--into=compared", "x.txt"]);
    assert_has(&printed, ", and found the same rows");
    for (number, options) in WAYS.iter().enumerate() {
        restores(options, Some(&format!("--into=x{number}")));
    }
}

const WAYS: [&str; 13] = [
    "--create written",
    "--schema=public written",
    "--clean written",
    "--inserts written",
    "--column-inserts --rows-per-insert=7 written",
    "--load-via-partition-root written",
    "--load-via-partition-root --column-inserts written",
    "--no-owner --no-comments --no-privileges written",
    "--disable-dollar-quoting --quote-all-identifiers written",
    "--schema-only written",
    "--exclude-table-data=item written",
    "latin",
    "--encoding=UTF8 latin",
];

/// "Else --create-roles makes them without rights to log in, or it refuses and names them."
#[test]
fn roles_are_made_only_where_that_is_asked_for() {
    let source = Server::start();
    let give = "CREATE ROLE \"a b\" LOGIN SUPERUSER; ALTER TABLE item OWNER TO \"a b\";
        CREATE ROLE c; GRANT ALL ON item TO c";
    let place = Place::new();
    place.put("x.sql", &items_and(&source, "owned", give));
    let lack = "this server lacks role a b, role c\n";
    let said = place.refuses(&["--into", "x", "x.sql"], lack);
    assert_has(
        &said,
        "roles can come from a file by --globals, or be made by --create-roles",
    );
    place.restores(&["--into", "x", "--create-roles", "x.sql"]);
    let made = "SELECT rolname, rolcanlogin, rolsuper, rolcreaterole FROM pg_roles WHERE rolname IN ('a b', 'c') ORDER BY 1";
    assert_eq!(place.sql(made), "a b|f|f|f\nc|f|f|f\n");
    let owner = "SELECT relowner::regrole FROM pg_class WHERE relname = 'item'";
    assert_eq!(place.server.sql("x", owner), "\"a b\"\n");

    // In UTF8, the encoding of the maintenance database, this role's name is no text: neither was it published, nor undone.
    source.sql("postgres", CREATE_LATIN);
    source.sql(
        "latin",
        "SET client_encoding = 'UTF8';
         CREATE ROLE \"größe\"; CREATE TABLE t AS SELECT 1 AS n; ALTER TABLE t OWNER TO \"größe\"",
    );
    place.put("latin.sql", &dump(&source, "latin"));
    place.restores(&["--into", "latin", "--create-roles", "latin.sql"]);
    let owner = "SET client_encoding = 'UTF8'; SELECT rolname, rolconfig FROM pg_roles, pg_class WHERE relname = 't' AND relowner = pg_roles.oid";
    assert_eq!(place.server.sql("latin", owner), "größe|\n");
}

/// "--compare: dumped again and compared, as cback-pgverify does."
#[test]
fn a_difference_is_found_where_it_is_asked_for() {
    let place = Place::new();
    // pg_dump warns of these tables that need each other, with status 0.
    let content = "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
        CREATE TABLE nulls AS SELECT ARRAY[NULL, 'NULL'] AS a; CREATE TABLE log (tag text);
        CREATE MATERIALIZED VIEW view AS SELECT * FROM nulls;
        CREATE FUNCTION log() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (tg_tag); END';
        CREATE EVENT TRIGGER log ON ddl_command_end EXECUTE FUNCTION log()";
    let dump = items_and(server(), "compared", content);
    // This server would read NULL in an array as text, and the trigger would log that the view is filled.
    place.sql("ALTER SYSTEM SET array_nulls = off; SELECT pg_reload_conf()");
    let deletes = "DELETE FROM public.item WHERE id > 98;";
    place.put("same.sql", &dump);
    place.put("otherwise.sql", &ending_with(&dump, deletes));
    let printed = place.restores(&["--compare", "--into", "same", "same.sql"]);
    let same = ", and found the same rows and definitions\n";
    assert!(printed.ends_with(same), "{printed}");
    let output = place.run(&["--compare", "--into", "otherwise", "otherwise.sql"]);
    let reason = "public.item has 100 rows in the backup, restored 98";
    assert_has(&output.fails(1), reason);
    assert_eq!(output.printed(), "");
    place.assert_clean();
}
